"""A sample as a real camera would have seen it: bent, blurred, exposed and noisy, with its labels bent alike."""

from dataclasses import replace

from carla_bridge.formats.objects import visible_objects
from carla_bridge.formats.sample import BoxPx, LabelledObject, Sample
from carla_bridge.optics import Optics, bent


def seen_through(optics: Optics, sample: Sample) -> Sample:
    """Return the sample after the camera. What the lens moved out of the picture is no object any more.

    A box around a bent box is none of ours: through a lens that bends, amodal boxes are not known.
    """
    if optics.bends:
        sample = _bent(optics, sample)
    return replace(sample, photo_rgb=optics.exposed(sample.photo_rgb, seed=sample.tick))


def _bent(optics: Optics, sample: Sample) -> Sample:
    layers = sample.photo_rgb, sample.label_ids, sample.instance_ids, sample.depth_m
    after = bent(optics, *layers, fov_deg=sample.camera.fov_deg)
    visible = {
        (label_id, instance_id): (pixels, box)
        for label_id, instance_id, pixels, box in visible_objects(after.label_ids, after.instance_ids)
    }
    objects = [_moved(thing, *visible[key]) for thing in sample.objects if (key := _key(thing)) in visible]
    return replace(sample, **after._asdict(), objects=tuple(objects))


def _key(thing: LabelledObject) -> tuple[int, int]:
    return thing.label_id, thing.instance_id


def _moved(thing: LabelledObject, pixels: int, box: BoxPx) -> LabelledObject:
    return replace(thing, pixels=pixels, box=box, amodal_box=None)
