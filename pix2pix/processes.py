"""Several processes that train one generator: each works on its share of every batch, gradients are averaged.

Started by `torchrun --nproc-per-node N -m pix2pix train …`, which says in the environment who is who
(https://docs.pytorch.org/docs/stable/elastic/run.html). All hold the same weights from the same seed, and averaged
gradients keep them the same, so no wrapper around the networks is needed: what torch's DistributedDataParallel gains
by averaging while it still computes is little beside two backward passes.

N processes with 1/N of a batch each learn what one learns from all of it, up to rounding, where the loss is a mean
over photos. It is another draw of the same where dropout, noise or LabelMix draw (each process for itself), and only
near to it where a batch is looked at as a whole: batch norm, and the class balance of the segmentation judge.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed

from pix2pix.errors import Pix2PixError
from pix2pix.inference import choose_device


@dataclass(frozen=True)
class Processes:
    """This process among those of the run; alone by default."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this one writes and speaks."""
        return self.rank == 0

    def share(self, items: range) -> range:
        """Return this process's part of a batch: as many as the others', in the order of the ranks."""
        size = len(items) // self.count
        return items[self.rank * size : (self.rank + 1) * size]

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Put the mean over all processes into the tensors, in place; every process must call it alike."""
        if self.count == 1 or not tensors:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        try:
            distributed.all_reduce(flat)
        except RuntimeError as error:
            raise Pix2PixError(
                f"process {self.rank} lost the others ({str(error).splitlines()[0]}); start all again with --resume"
            ) from error
        flat /= self.count
        parts = flat.split([tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view_as(tensor))

    def agree(self, losses: Mapping[str, Tensor], *, ends: bool) -> tuple[dict[str, float], bool]:
        """Return the mean losses, and whether any process wishes to end; here the device is waited for."""
        wish = torch.tensor(float(ends), device=next(iter(losses.values())).device)
        seen = torch.stack([*losses.values(), wish])
        self.average([seen])
        *means, wishes = seen.tolist()
        return dict(zip(losses, means, strict=True)), wishes > 0


def check_shares(batch_size: int, accumulate: int, count: int) -> None:
    """Refuse a batch that `count` processes can't share out evenly."""
    if batch_size % (accumulate * count):
        raise Pix2PixError(
            f"batch_size {batch_size} can't be shared by {count} processes in {accumulate} parts each; make it a "
            f"multiple of {accumulate * count}"
        )


def speaks() -> bool:
    """Whether this process is the first that torchrun started, or alone; known before they meet."""
    return os.environ.get("RANK", "0") == "0"


def choose_own_device(name: str) -> tuple[str, str]:
    """Return the process's own device and why: under torchrun every process has a GPU to itself."""
    device, reason = choose_device(name)
    if device == "cuda" and "LOCAL_RANK" in os.environ:
        device = f"cuda:{os.environ['LOCAL_RANK']}"
    return device, reason


@contextmanager
def joined(device: str) -> Iterator[Processes]:
    """Yield this process among the others that torchrun started, or alone; leave them at the end."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Processes()
        return
    on_gpu = device.startswith("cuda")
    try:
        if on_gpu:
            torch.cuda.set_device(device)
        distributed.init_process_group("nccl" if on_gpu else "gloo")
    except (RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise Pix2PixError(
            f"the processes of torchrun can't meet on {device} ({reason}); start as many as there are GPUs"
        ) from error
    try:
        yield Processes(distributed.get_rank(), distributed.get_world_size())
    finally:
        distributed.destroy_process_group()
