"""CARLA 0.9.16's numbered pedestrians as data: who they are and how fast they go."""

from typing import NamedTuple


class Pedestrian(NamedTuple):
    """The attributes in which one pedestrian differs from another; speeds in m/s."""

    age: str
    gender: str
    generation: int
    can_use_wheelchair: bool
    walks_mps: float
    runs_mps: float


def _people(
    numbers: tuple[int, ...], age: str, gender: str, generation: int, walks_mps: float, *, sits: bool = True
) -> dict[int, Pedestrian]:
    runs_mps = 4.0 if age == "adult" else 2.0
    return dict.fromkeys(numbers, Pedestrian(age, gender, generation, sits, walks_mps, runs_mps))


WALKERS: dict[int, Pedestrian] = dict(
    sorted(
        {
            **_people((1, 5, 6, 7, 8), "adult", "female", 1, 1.8),
            **_people((2, 3, 4), "adult", "male", 1, 1.7),
            **_people((9, 10, 11), "child", "female", 1, 1.1, sits=False),
            **_people((12, 13, 14), "child", "male", 1, 1.1, sits=False),
            **_people((15,), "adult", "female", 2, 1.8),
            **_people(
                (16, 17, 18, 24, 25, 26, 27, 28, 29, 33, 34, 38, 39, 45, 46, 47), "adult", "male", 2, 1.7
            ),
            **_people((19, 20, 21, 22, 23, 31, 35, 36, 37, 40, 41), "adult", "female", 2, 1.7),
            **_people((30,), "adult", "male", 2, 1.7, sits=False),  # police
            **_people((32,), "adult", "female", 2, 1.7, sits=False),  # police
            **_people((42, 43, 44), "adult", "female", 2, 1.7, sits=False),
            **_people((48, 49), "child", "female", 2, 1.1, sits=False),
            **_people((50,), "teenager", "female", 3, 1.1, sits=False),
            **_people((51,), "teenager", "male", 3, 0.85, sits=False),
            **_people((52,), "adult", "male", 3, 1.7, sits=False),
        }.items()
    )
)
