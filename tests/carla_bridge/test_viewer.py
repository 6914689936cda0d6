import numpy as np
import pygame
import pytest

from carla_bridge.edits.recipe import Switches, load_recipe
from carla_bridge.frames import DriveMeta, FramePair, LabelFrame
from carla_bridge.hud import columns_of
from carla_bridge.timing import StageTimes
from carla_bridge.viewer import NoWindow, Viewer

META = DriveMeta("ListTown", "0.9.16", "0.9.14", width=256, height=128, fov_deg=90.0, fps_hz=20.0)
CAR, CAR_RGB = 26, (0, 0, 142)
RED = (220, 30, 20)
BACKGROUND = (18, 18, 20)


@pytest.fixture(autouse=True)
def no_screen(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


def pair(height=128, width=256, photo_rgb=RED):
    photo = np.empty((height, width, 3), np.uint8)
    photo[:] = photo_rgb
    tags = np.full((height, width), 14, np.uint8)
    return FramePair(LabelFrame(7, 0.35, tags), np.full((height, width), CAR, np.uint8), photo)


def press(key):
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key))


def shown(viewer, hud=False):
    if not hud:
        press(pygame.K_h)
        viewer.show(pair())
    viewer.show(pair())
    return viewer.screenshot()


def test_label_is_left_and_photo_is_right():
    with Viewer((256, 128)) as viewer:
        image = shown(viewer)
    assert image.shape == (128, 512, 3)
    assert (image[:, :256] == CAR_RGB).all()
    assert (image[:, 256:] == RED).all()  # red is not blue


def test_a_picture_keeps_its_proportions_in_a_resized_window():
    with Viewer((256, 128)) as viewer:
        pygame.display.set_mode((600, 400), pygame.RESIZABLE)
        image = shown(viewer)
    assert image.shape == (400, 600, 3)
    assert (image[125:275, :300] == CAR_RGB).all()
    assert (image[125:275, 300:] == RED).all()
    assert (image[:125] == BACKGROUND).all()
    assert (image[275:] == BACKGROUND).all()


def test_a_window_is_never_larger_than_the_screen():
    with Viewer((2048, 1024)) as viewer:
        width, height = pygame.display.get_desktop_sizes()[0]
        image = viewer.screenshot()
        assert image.shape[1] <= width
        assert image.shape[0] <= height
        assert image.shape[1] == 4 * image.shape[0]


@pytest.mark.parametrize("key", [pygame.K_ESCAPE, pygame.K_q])
def test_a_key_ends_the_show(key):
    with Viewer((256, 128)) as viewer:
        assert viewer.show(pair())
        press(key)
        assert not viewer.show(pair())


def test_closing_the_window_ends_the_show():
    with Viewer((256, 128)) as viewer:
        pygame.event.post(pygame.event.Event(pygame.QUIT))
        assert not viewer.show(pair())


def test_h_hides_and_shows_the_figures():
    with Viewer((256, 128), meta=META) as viewer:
        with_hud = shown(viewer, hud=True)
        without = shown(viewer)
        again = shown(viewer)
    assert (with_hud[:40] != without[:40]).any()
    assert (with_hud == again).all()


def test_figures_name_the_map_so_that_a_stand_in_is_never_taken_for_carla():
    times = StageTimes()
    with times.measure("generate"):
        pass
    figures = dict(columns_of(pair().frame, META, times, edits="1 no-trees"))
    assert figures["tick"] == "7"
    assert figures["simulation time"] == "0.35 s"
    assert (figures["town"], figures["server"]) == ("ListTown", "0.9.16")
    assert "generate" in figures
    assert figures["recipes, off in brackets"] == "1 no-trees"


def test_number_keys_switch_recipes_and_the_figures_say_so():
    switches = Switches([load_recipe(f"configs/edits/{name}.yaml") for name in ("no-trees", "tall-city")])
    with Viewer((256, 128), meta=META, switches=switches) as viewer:
        before = shown(viewer, hud=True)
        press(pygame.K_2)
        press(pygame.K_9)  # there is none
        viewer.show(pair())
        after = shown(viewer, hud=True)
        assert [recipe.name for recipe in switches.on] == ["no-trees"]
        assert (before != after).any()
        press(pygame.K_2)
        viewer.show(pair())
        assert len(switches.on) == 2


def test_figures_wrap_in_a_narrow_window():
    with Viewer((256, 128), meta=META) as viewer:
        pygame.display.set_mode((160, 300), pygame.RESIZABLE)
        assert viewer.show(pair())
        image = viewer.screenshot()
    assert (image[60:80] != BACKGROUND).any()


def test_space_pauses_until_it_is_pressed_again():
    with Viewer((256, 128)) as viewer:
        press(pygame.K_SPACE)
        press(pygame.K_SPACE)
        assert viewer.show(pair())
        press(pygame.K_SPACE)
        pygame.time.set_timer(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_SPACE), 120, loops=1)
        before_ms = pygame.time.get_ticks()
        assert viewer.show(pair())
        assert pygame.time.get_ticks() - before_ms >= 100


def test_a_paused_window_can_be_closed():
    with Viewer((256, 128)) as viewer:
        press(pygame.K_SPACE)
        press(pygame.K_ESCAPE)
        assert not viewer.show(pair())


def test_screenshots_are_numbered_and_never_replace_one(tmp_path):
    (tmp_path / "drive-0001.png").write_bytes(b"precious")
    with Viewer((256, 128), screenshots=tmp_path / "drive") as viewer:
        press(pygame.K_s)
        press(pygame.K_s)
        viewer.show(pair())
    assert (tmp_path / "drive-0001.png").read_bytes() == b"precious"
    saved = pygame.image.load(tmp_path / "drive-0003.png")
    assert saved.get_size() == (512, 128)
    assert saved.get_at((400, 120))[:3] == RED


def test_a_screenshot_that_cannot_be_saved_does_not_end_the_drive(tmp_path, caplog):
    (tmp_path / "file").touch()
    with Viewer((256, 128), screenshots=tmp_path / "file" / "drive") as viewer:
        press(pygame.K_s)
        assert viewer.show(pair())
    assert "cannot write" in caplog.text


def test_f_fills_the_screen_and_gives_it_back():
    with Viewer((256, 128)) as viewer:
        press(pygame.K_f)
        viewer.show(pair())
        assert viewer.screenshot().shape[1::-1] == pygame.display.get_desktop_sizes()[0]
        press(pygame.K_f)
        viewer.show(pair())
        assert viewer.screenshot().shape == (128, 512, 3)


def test_without_a_window_system_the_sentence_names_headless(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "nonsense")
    with pytest.raises(NoWindow, match="--headless"), Viewer((256, 128)):
        pass
    assert not pygame.display.get_init()


def test_the_window_goes_when_the_block_ends():
    with pytest.raises(KeyError), Viewer((256, 128)):
        raise KeyError
    assert not pygame.display.get_init()
