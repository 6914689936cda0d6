"""The z-buffer against an independent oracle: one ray through each pixel centre, every triangle tried."""

from math import atan, degrees, radians, tan

import numpy as np
import pytest

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.protocol.schema import Weather
from carla_bridge.standin.rendering.mesh import FAR, NEAR, Mesh, join
from carla_bridge.standin.rendering.render import Renderer
from carla_bridge.standin.streetscape.town import build_town

SKY = 11


def _mesh(triangles, tags=None, ids=None):
    triangles = np.asarray(triangles, np.float32).reshape(-1, 3, 3)
    count = len(triangles)
    tags = np.arange(count) % 10 + 1 if tags is None else np.full(count, tags)
    ids = np.zeros(count) if ids is None else np.full(count, ids)
    return Mesh(triangles, tags.astype(np.uint8), np.full((count, 3), 128, np.uint8), ids.astype(np.uint32))


def _wall(x, y0, y1, z0=-50.0, z1=50.0, tag=3):
    a, b, c, d = (x, y0, z0), (x, y1, z0), (x, y1, z1), (x, y0, z1)
    return _mesh([[a, b, c], [a, c, d]], tag)


def _cast(mesh, camera, width, height, fov_deg, near=0.1):
    """Möller–Trumbore, pixel by pixel: tags and depths along the camera's x axis."""
    focal = width / 2 / tan(radians(fov_deg) / 2)
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    local = np.stack([np.ones_like(u), (u - width / 2) / focal, -(v - height / 2) / focal], axis=-1)
    matrix = camera.matrix()
    rays, origin = local.reshape(-1, 3) @ matrix[:3, :3].T, matrix[:3, 3]
    corners, tags_of = mesh.triangles.astype(np.float64), mesh.tags
    ahead = ((corners - origin) @ matrix[:3, 0] > 0).any(axis=1)  # a ray never meets what is all behind it
    corners, tags_of = corners[ahead], tags_of[ahead]
    e1, e2, start = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], origin - corners[:, 0]
    q = np.cross(start, e1)
    best, tags = np.full(len(rays), np.inf), np.full(len(rays), SKY, np.uint8)
    for part in np.array_split(np.arange(len(rays)), max(1, len(rays) * len(corners) // 2_000_000)):
        p = np.cross(rays[part, None], e2[None])
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = 1.0 / (p * e1).sum(axis=-1)
            a, b = (p * start).sum(axis=-1) * inverse, (rays[part] @ q.T) * inverse
            depth = (e2 * q).sum(axis=-1)[None] * inverse  # rays have length 1 along x: t is the depth
            hit = (a >= 0) & (b >= 0) & (a + b <= 1) & (depth >= near)
        depth = np.where(hit, depth, np.inf)
        nearest = depth.argmin(axis=1)
        best[part] = depth[np.arange(len(part)), nearest]
        tags[part] = np.where(np.isfinite(best[part]), tags_of[nearest], SKY)
    return tags.reshape(height, width), best.reshape(height, width)


def _at_edges(tags):
    edge = np.zeros(tags.shape, bool)
    edge[:, 1:] |= tags[:, 1:] != tags[:, :-1]
    edge[:, :-1] |= edge[:, 1:]
    edge[1:] |= tags[1:] != tags[:-1]
    edge[:-1] |= edge[1:]
    return edge


def _compare(mesh, camera, *, width, height, fov_deg):
    visible = Renderer(mesh).render(camera, width=width, height=height, fov_deg=fov_deg)
    tags, depth = _cast(mesh, camera, width, height, fov_deg)
    same = visible.tags() == tags
    assert same.mean() >= 0.999
    assert _at_edges(tags)[~same].all()
    solid = same & np.isfinite(depth) & (depth < 1000)
    close = np.isclose(visible.depth_m()[solid], depth[solid], rtol=1e-3)
    assert close.mean() >= 0.999
    return visible


@pytest.mark.parametrize("seed", range(8))
def test_random_triangles_are_seen_as_rays_see_them(seed):
    rng = np.random.default_rng(seed)
    middles = rng.uniform((-5, -15, -10), (30, 15, 10), (120, 3))
    mesh = _mesh(middles[:, None] + rng.normal(0, 4, (120, 3, 3)))
    x, y, z, pitch, yaw, roll = (float(v) for v in rng.uniform(-1, 1, 6) * (2, 2, 2, 60, 180, 180))
    _compare(mesh, Pose(x, y, z, pitch, yaw, roll), width=160, height=90, fov_deg=float(rng.uniform(30, 130)))


@pytest.mark.parametrize("spot", [0, 5])
def test_the_town_is_seen_as_rays_see_it(spot):
    town = build_town(2)
    camera = town.spawn_points[spot].compose(Pose(x=1.5, z=1.4, pitch=-3.0, roll=2.0))
    scenery = town.scenery.near()  # every ray is held against every triangle, so only what is close by
    close = np.hypot(*(scenery.triangles[:, 0, :2] - (camera.x, camera.y)).T) < 45.0
    visible = _compare(scenery.select(close), camera, width=64, height=32, fov_deg=90.0)
    assert {1, 2, 3} <= set(visible.tags().ravel().tolist())


def test_a_renderer_with_cells_sees_what_one_without_sees():
    """What is skipped as hidden or out of view must really be so, to the last pixel."""
    town = build_town(1)
    scenery = town.scenery.near()
    renderer, everything = Renderer(scenery), Renderer(Mesh.empty())
    for pose in town.spawn_points[:6]:
        camera = pose.compose(Pose(z=1.5, pitch=4.0))
        quick = renderer.render(camera, width=400, height=220, fov_deg=100.0)
        plain = everything.render(camera, width=400, height=220, fov_deg=100.0, movers=[(scenery, Pose(), 1)])
        assert (quick.inverse_depth == plain.inverse_depth).all()


def test_detail_is_drawn_near_and_its_stand_in_far_away():
    fine = _mesh(np.array([[(0, -2, 0), (0, 2, 0), (0, 0, 3)]]), 7).at_level(NEAR)
    coarse = _mesh(np.array([[(0, -2, 0), (0, 2, 0), (0, 0, 3)]]), 9).at_level(FAR)
    for distance_m, tag in ((20.0, 7), (200.0, 9)):
        scene = join([mesh.placed(Pose(x=distance_m)) for mesh in (fine, coarse)])
        visible = Renderer(scene).render(Pose(z=1.0), width=400, height=200, fov_deg=90.0)
        assert set(visible.tags().ravel().tolist()) == {tag, 11}
    assert set(scene.near().tags.tolist()) == {7}


def test_shared_edges_leave_no_holes_and_no_doubles():
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(np.linspace(-20, 20, 30), np.linspace(-20, 20, 30)), axis=-1)
    grid[1:-1, 1:-1] += rng.uniform(-0.4, 0.4, (28, 28, 2))
    corners = np.concatenate([np.full((30, 30, 1), 10.0), grid], axis=-1)
    a, b, c, d = corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]
    sheet = _mesh(np.concatenate([np.stack([a, b, c], 2), np.stack([a, c, d], 2)]).reshape(-1, 3, 3), 3)
    visible = Renderer(sheet).render(Pose(roll=17.0), width=320, height=200, fov_deg=80.0)
    assert (visible.tags() == 3).all()


def test_left_is_left_and_up_is_up():
    left = join([_wall(10, -50, 0, tag=3), _wall(10, 0, 50, tag=9)])
    tags = Renderer(left).render(Pose(), width=64, height=32, fov_deg=90.0).tags()
    assert (tags[:, :32] == 3).all()
    assert (tags[:, 32:] == 9).all()
    low = _wall(10, -50, 50, z0=-50, z1=0)
    tags = Renderer(low).render(Pose(), width=64, height=32, fov_deg=90.0).tags()
    assert (tags[:16] == SKY).all()
    assert (tags[16:] == 3).all()


def test_width_and_height_are_not_swapped():
    visible = Renderer(_wall(10, -5, 5)).render(Pose(), width=70, height=30, fov_deg=90.0)
    for image in (visible.tags(), visible.depth_m(), visible.object_ids()):
        assert image.shape == (30, 70)
    assert visible.rgb().shape == (30, 70, 3)


@pytest.mark.parametrize("fov_deg", [40.0, 90.0, 120.0])
@pytest.mark.parametrize("share", [-0.8, -0.3, 0.5])
def test_a_pole_stands_in_the_column_its_angle_says(fov_deg, share):
    width = 800
    angle = atan(share * tan(radians(fov_deg / 2)))
    y = 20.0 * tan(angle)
    tags = (
        Renderer(_wall(20, y - 0.15, y + 0.15, tag=6))
        .render(Pose(), width=width, height=100, fov_deg=fov_deg)
        .tags()
    )
    columns = np.flatnonzero((tags == 6).any(axis=0))
    assert columns.mean() + 0.5 == pytest.approx(width / 2 * (1 + share), abs=1.0), degrees(angle)


def test_depth_is_measured_along_the_axis_and_not_along_the_ray():
    visible = Renderer(_wall(20, -100, 100)).render(Pose(), width=64, height=64, fov_deg=110.0)
    np.testing.assert_allclose(visible.depth_m(), 20.0, rtol=1e-5)


def test_the_sky_is_far_and_belongs_to_nobody():
    visible = Renderer(Mesh.empty()).render(Pose(), width=8, height=4, fov_deg=90.0)
    assert (visible.tags() == SKY).all()
    assert (visible.depth_m() == 1000.0).all()
    assert (visible.object_ids() == 0).all()
    assert visible.rgb()[0, 0, 2] > visible.rgb()[0, 0, 0]  # blue, not red


def test_ground_under_the_camera_is_cut_at_the_near_plane():
    far = 500.0
    ground = _mesh([[(-far, -far, -0.5), (far, -far, -0.5), (0, far, -0.5)]], 1)
    tags = Renderer(ground).render(Pose(), width=80, height=80, fov_deg=90.0).tags()
    assert (tags[40:] == 1).all()
    assert (tags[:40] == SKY).all()


def test_what_is_behind_or_too_near_is_not_seen():
    hidden = join([_wall(-5, -50, 50), _wall(0.05, -50, 50)])
    assert (Renderer(hidden).render(Pose(), width=16, height=16, fov_deg=90.0).tags() == SKY).all()


def test_pitch_looks_up_and_roll_lowers_the_right():
    horizon = _wall(1000, -5000, 5000, z0=-5000, z1=0)
    up = Renderer(horizon).render(Pose(pitch=10.0), width=90, height=90, fov_deg=90.0).tags()
    assert (up == SKY).mean() > 0.55
    rolled = Renderer(horizon).render(Pose(roll=20.0), width=90, height=90, fov_deg=90.0).tags()
    assert (rolled[:, 0] == SKY).sum() != (rolled[:, -1] == SKY).sum()
    expected, _ = _cast(horizon, Pose(roll=20.0), 90, 90, 90.0)
    assert (rolled == expected).mean() > 0.999


def test_movers_carry_their_actors_number_and_hide_what_is_behind():
    renderer = Renderer(_wall(30, -100, 100))
    board = _wall(0, -1, 1, z0=-1, z1=1, tag=14)
    visible = renderer.render(
        Pose(),
        width=100,
        height=100,
        fov_deg=90.0,
        movers=[(board, Pose(x=10.0), 42), (board, Pose(x=50.0), 43)],
    )
    ids = visible.object_ids()
    assert set(np.unique(ids)) == {0, 42}
    assert (visible.tags()[ids == 42] == 14).all()
    assert (visible.tags()[ids == 0] == 3).all()
    np.testing.assert_allclose(visible.depth_m()[ids == 42], 10.0, rtol=1e-5)


def test_rgb_keeps_red_red():
    wall = _wall(10, -100, 100)
    red = Mesh(
        wall.triangles, wall.tags, np.tile(np.array([[200, 30, 10]], np.uint8), (2, 1)), wall.object_ids
    )
    noon = Renderer(red).render(Pose(), width=8, height=8, fov_deg=60.0).rgb()
    night = (
        Renderer(red).render(Pose(), width=8, height=8, fov_deg=60.0).rgb(Weather(sun_altitude_angle=-40.0))
    )
    assert (noon[..., 0] > noon[..., 1]).all()
    assert (noon[..., 1] >= noon[..., 2]).all()
    assert night.mean() < noon.mean() / 2


def test_the_same_view_gives_the_same_bytes():
    town = build_town(1)
    camera = town.spawn_points[2].compose(Pose(z=1.5))
    first, second = (
        Renderer(town.scenery).render(camera, width=200, height=100, fov_deg=90.0) for _ in range(2)
    )
    assert first.tags().tobytes() == second.tags().tobytes()
    assert first.depth_m().tobytes() == second.depth_m().tobytes()
    assert first.rgb().tobytes() == second.rgb().tobytes()
