"""What is in a picture: its objects with boxes, distance, occlusion and truncation, measured from the labels.

2D boxes come from the instance mask; the whole extent of an object, hidden parts too, from the projection of the box
that the simulator has for it. CARLA's axes are x forward, y right, z up; a camera's optical frame x right, y down, z
into the picture.
"""

from dataclasses import dataclass
from math import atan2, cos, hypot, radians, sin, tan

import numpy as np

from carla_bridge.formats.sample import Box3d, BoxPx, LabelledObject
from carla_bridge.frames import CameraMeta, DriveState, Placement, TrackedActor
from carla_bridge.labels import CITYSCAPES

NEAR_M = 0.1  # what is nearer is behind the lens
_HAS_INSTANCES = np.zeros(256, bool)
_HAS_INSTANCES[[row.id for row in CITYSCAPES if row.has_instances]] = True
_SIGNS = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
_EDGES = [(a, b) for a in range(8) for b in range(a + 1, 8) if np.abs(_SIGNS[a] - _SIGNS[b]).sum() == 2]
_TO_OPTICAL = np.array([(0.0, 1, 0), (0, 0, -1), (1, 0, 0)])  # forward, right, up → right, down, forward


def find_objects(
    label_ids: np.ndarray,
    instance_ids: np.ndarray,
    depth_m: np.ndarray | None,
    camera: CameraMeta,
    state: DriveState | None,
) -> tuple[LabelledObject, ...]:
    """Return the objects of all classes with instances, by track id.

    `instance_ids` H,W uint16 are, of actors, the low 16 bits of their id.
    """
    actors = {actor.id & 0xFFFF: actor for actor in state.actors} if state else {}
    view = View.of(camera, state.ego.placement) if state else None
    found = []
    for label_id, instance_id, pixels, box in visible_objects(label_ids, instance_ids):
        actor = actors.get(instance_id)
        mask = _Mask(label_id, instance_id, pixels, box)
        if actor is None or view is None or not _may_show(actor, mask.box, view):
            found.append(_still(mask, label_ids, instance_ids, depth_m))
        else:
            found.append(_moving(mask, actor, view, label_ids, instance_ids, depth_m))
    return tuple(found)


@dataclass(frozen=True)
class View:
    """Where a camera is and how it projects."""

    turn: np.ndarray  # 3,3: CARLA's world axes → the optical frame's
    eye: np.ndarray  # 3: the camera in the world
    focal_px: float
    width: int
    height: int

    @classmethod
    def of(cls, camera: CameraMeta, ego: Placement) -> "View":
        """Return the view of a camera on an ego vehicle."""
        body, mount = rotation(ego), rotation(camera.mount)
        eye = _xyz(ego) + body @ _xyz(camera.mount)
        focal_px = camera.width / (2 * tan(radians(camera.fov_deg) / 2))
        return cls(_TO_OPTICAL @ (body @ mount).T, eye, focal_px, camera.width, camera.height)

    def optical(self, points: np.ndarray) -> np.ndarray:
        """Return points N,3 of the world in the camera's optical frame."""
        moved: np.ndarray = (points - self.eye) @ self.turn.T
        return moved

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Return where points N,3 of the optical frame appear, N,2 x and y; they must be before the lens."""
        flat: np.ndarray = points[:, :2] / points[:, 2:] * self.focal_px + (self.width / 2, self.height / 2)
        return flat


def rotation(placement: Placement) -> np.ndarray:
    """Return CARLA's rotation matrix of pitch, yaw and roll: the axes of something as columns in its parent's."""
    p, y, r = radians(placement.pitch_deg), radians(placement.yaw_deg), radians(placement.roll_deg)
    cp, sp, cy, sy, cr, sr = cos(p), sin(p), cos(y), sin(y), cos(r), sin(r)
    return np.array(
        [
            (cp * cy, cy * sp * sr - sy * cr, -cy * sp * cr - sy * sr),
            (cp * sy, sy * sp * sr + cy * cr, -sy * sp * cr + cy * sr),
            (sp, -cp * sr, cp * cr),
        ]
    )


@dataclass(frozen=True)
class _Mask:
    label_id: int
    instance_id: int
    pixels: int
    box: BoxPx

    @property
    def track_id(self) -> int:
        return self.label_id << 16 | self.instance_id


def visible_objects(label_ids: np.ndarray, instance_ids: np.ndarray) -> list[tuple[int, int, int, BoxPx]]:
    """Return label id, instance id, number of pixels and box of everything with instances."""
    rows, columns = np.nonzero(_HAS_INSTANCES[label_ids] & (instance_ids > 0))
    if not len(rows):
        return []
    keys = label_ids[rows, columns].astype(np.int64) << 16 | instance_ids[rows, columns]
    order = np.argsort(keys, kind="stable")
    keys, rows, columns = keys[order], rows[order], columns[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    counts = np.diff(np.r_[starts, len(keys)])
    lows = [np.minimum.reduceat(each, starts) for each in (columns, rows)]
    highs = [np.maximum.reduceat(each, starts) + 1 for each in (columns, rows)]
    return [
        (int(key) >> 16, int(key) & 0xFFFF, int(count), BoxPx(*map(float, box)))
        for key, count, *box in zip(keys[starts], counts, *lows, *highs, strict=True)
    ]


def _still(
    mask: _Mask, label_ids: np.ndarray, instance_ids: np.ndarray, depth_m: np.ndarray | None
) -> LabelledObject:
    """Return an object that is part of the map: the simulator has no box for it."""
    distance_m = None
    if depth_m is not None:
        window = _window(mask.box)
        own = (label_ids[window] == mask.label_id) & (instance_ids[window] == mask.instance_id)
        distance_m = float(np.median(depth_m[window][own]))
    return LabelledObject(
        mask.track_id, mask.label_id, mask.instance_id, mask.pixels, mask.box,
        None, None, None, distance_m, None, None, None,
    )  # fmt: skip


def _moving(
    mask: _Mask,
    actor: TrackedActor,
    view: View,
    label_ids: np.ndarray,
    instance_ids: np.ndarray,
    depth_m: np.ndarray | None,
) -> LabelledObject:
    corners = view.optical(corners_of(actor))
    box_3d = _box_3d(actor, corners, view)
    whole = _projected(corners, view)
    amodal = None if whole is None else _within(whole, view)
    return LabelledObject(
        mask.track_id,
        mask.label_id,
        mask.instance_id,
        mask.pixels,
        mask.box,
        amodal,
        truncation=None if whole is None or amodal is None else 1 - amodal.area_px / whole.area_px,
        occlusion=_occlusion(mask, corners, amodal, label_ids, instance_ids, depth_m),
        distance_m=hypot(box_3d.x_m, box_3d.y_m, box_3d.z_m),
        box_3d=box_3d,
        velocity_mps=actor.velocity_mps,
        actor_type=actor.type_id,
    )


def _may_show(actor: TrackedActor, box: BoxPx, view: View) -> bool:
    """Say whether an actor is where something is seen: the map's own objects may bear an actor's number by chance."""
    whole = _projected(view.optical(corners_of(actor)), view)
    return (
        whole is not None
        and whole.left < box.right
        and whole.right > box.left
        and whole.top < box.bottom
        and whole.bottom > box.top
    )


def corners_of(actor: TrackedActor) -> np.ndarray:
    """Return the corners of an actor's box in the world, 8,3."""
    corners: np.ndarray = np.array(actor.box_centre_m) + _SIGNS * np.array(actor.box_extent_m)
    return _xyz(actor.placement) + corners @ rotation(actor.placement).T


def _box_3d(actor: TrackedActor, corners: np.ndarray, view: View) -> Box3d:
    heading = view.turn @ rotation(actor.placement)[:, 0]
    length, width, height = (2 * extent for extent in actor.box_extent_m)
    x, y, z = map(float, corners.mean(axis=0))
    return Box3d(x, y, z, length, width, height, atan2(-heading[2], heading[0]))


def _projected(corners: np.ndarray, view: View) -> BoxPx | None:
    """Return the rectangle around a box's projection, beyond the picture's edges too; None if it is behind the lens."""
    ahead = corners[:, 2] > NEAR_M
    points = [corners[ahead]]
    for a, b in _EDGES:
        if ahead[a] != ahead[b]:
            share = (NEAR_M - corners[a, 2]) / (corners[b, 2] - corners[a, 2])
            points.append(corners[a : a + 1] + share * (corners[b : b + 1] - corners[a : a + 1]))
    if not ahead.any():
        return None
    flat = view.pixels(np.concatenate(points))
    return BoxPx(*map(float, (*flat.min(axis=0), *flat.max(axis=0))))


def _within(box: BoxPx, view: View) -> BoxPx | None:
    left, right = (min(max(x, 0.0), float(view.width)) for x in (box.left, box.right))
    top, bottom = (min(max(y, 0.0), float(view.height)) for y in (box.top, box.bottom))
    return BoxPx(left, top, right, bottom) if right > left and bottom > top else None


def _occlusion(
    mask: _Mask,
    corners: np.ndarray,
    amodal: BoxPx | None,
    label_ids: np.ndarray,
    instance_ids: np.ndarray,
    depth_m: np.ndarray | None,
) -> float | None:
    """Return how much of an object is hidden: pixels of its amodal box that are nearer than all of it, and not its own.

    The box is larger than the silhouette, so that this is an upper bound for things that hide its corners.
    """
    if depth_m is None or amodal is None:
        return None
    window = _window(amodal)
    own = instance_ids[window] == mask.instance_id
    nearer = (depth_m[window] < corners[:, 2].min()) & ~own
    hidden = int(nearer.sum())
    return hidden / (hidden + mask.pixels)


def _window(box: BoxPx) -> tuple[slice, slice]:
    left, top = round(box.left), round(box.top)
    return slice(top, max(top + 1, round(box.bottom))), slice(left, max(left + 1, round(box.right)))


def _xyz(placement: Placement) -> np.ndarray:
    return np.array((placement.x_m, placement.y_m, placement.z_m))
