"""CARLA 0.9.16's vehicles as data: what `filter` and `filter_by_attribute` look at, the paints, the drivers.

Of generation 2, all have lights and all but the bus have doors that open. Of generation 1, those have lights for
which CARLA's developers, or its leaderboard's choice of traffic with lights, say so.
"""

from typing import NamedTuple


class Listed(NamedTuple):
    """The attributes in which one vehicle differs from another."""

    base_type: str
    generation: int
    colors: tuple[str, ...] = ()
    special_type: str = ""
    drivers: tuple[int, ...] = ()  # CARLA's numbers of those who can sit on it
    opens_doors: bool | None = None  # None: as its generation
    lit: bool = False  # though of generation 1

    @property
    def wheels(self) -> int:
        """How many wheels it has."""
        return 2 if self.base_type in ("bicycle", "motorcycle") else 4

    @property
    def has_lights(self) -> bool:
        """Say whether its lamps can be lit."""
        return self.lit or self.generation == 2 or self.wheels == 2

    @property
    def has_dynamic_doors(self) -> bool:
        """Say whether its doors open."""
        return self.generation == 2 if self.opens_doors is None else self.opens_doors


_FIVE = ("217,217,217", "168,0,27", "0,39,105", "16,44,21", "33,33,33")
_FOUR = _FIVE[1:]
_T2 = ("73,12,12", "22,31,73", "215,89,0", "105,103,0", "0,33,5", "158,40,82")
_YZF = (
    "0,0,0", "206,206,206", "0,12,49", "42,99,159", "61,68,66", "33,55,61", "255,0,0", "58,21,21", "155,0,0",
    "255,213,0", "127,130,135", "141,0,58",
)  # fmt: skip
_LEON = ("42,61,214", "21,38,98", "38,38,38", "79,33,85", "155,0,0", "0,0,0")
_PRIUS = ("255,0,0", "215,255,143", "96,102,99", "28,46,58", "23,51,236", "227,227,227", "0,0,0")
_HGV = ("231,0,0", "255,255,255", "28,28,28", "42,61,156", "127,127,127", "255,103,0")
_MICRA = ("243,243,243", "83,83,86", "187,0,0", "28,0,46", "0,0,0", "17,21,99")
_BMW = ("109,109,109", "12,38,88", "68,68,77", "255,255,255", "255,21,0", "0,0,0")

VEHICLES: dict[str, Listed] = {
    "vehicle.audi.a2": Listed("car", 1, _FOUR),
    "vehicle.audi.etron": Listed(
        "car", 1, ("168,0,27", "0,39,105", "33,33,33", "195,168,228"), "electric", lit=True
    ),
    "vehicle.audi.tt": Listed("car", 1, _FOUR, lit=True),
    "vehicle.bh.crossbike": Listed(
        "bicycle", 1, ("20,78,217", "0,112,39", "255,202,0", "180,0,0"), drivers=(2, 3, 7, 8)
    ),
    "vehicle.bmw.grandtourer": Listed("car", 1, _BMW),
    "vehicle.carlamotors.carlacola": Listed("truck", 1, ("255,68,0",)),
    "vehicle.carlamotors.european_hgv": Listed("truck", 2, _HGV),
    "vehicle.carlamotors.firetruck": Listed("truck", 2, ("234,0,0",), "emergency"),
    "vehicle.chevrolet.impala": Listed("car", 1, ("61,86,143", "0,12,49", "0,0,0", "71,12,12"), lit=True),
    "vehicle.citroen.c3": Listed("car", 1, _FIVE),
    "vehicle.diamondback.century": Listed(
        "bicycle", 1, ("214,0,0", "50,96,242", "78,247,119"), drivers=(4, 5, 6, 7)
    ),
    "vehicle.dodge.charger_2020": Listed("car", 2, ("73,0,0", "0,39,105", "0,0,0", "211,142,0")),
    "vehicle.dodge.charger_police": Listed("car", 1, ("0,0,0", "8,53,0"), "emergency", lit=True),
    "vehicle.dodge.charger_police_2020": Listed("car", 2, ("0,0,0",), "emergency"),
    "vehicle.ford.ambulance": Listed("van", 2, ("231,231,231",), "emergency"),
    "vehicle.ford.crown": Listed("car", 2, ("255,185,0",), "taxi"),
    "vehicle.ford.mustang": Listed(
        "car", 1, ("0,12,58", "85,0,0", "160,160,160", "0,21,0", "0,0,0"), lit=True
    ),
    "vehicle.gazelle.omafiets": Listed(
        "bicycle", 1, ("0,0,0", "41,73,217", "202,88,176"), drivers=(0, 1, 3, 5)
    ),
    "vehicle.harley-davidson.low_rider": Listed(
        "motorcycle", 1, ("67,67,67", "255,0,0", "255,154,0", "0,38,132"), drivers=(0, 3, 7, 4)
    ),
    "vehicle.jeep.wrangler_rubicon": Listed("car", 1, _FIVE),
    "vehicle.kawasaki.ninja": Listed(
        "motorcycle", 1, ("11,129,0", "255,203,39", "168,0,0", "0,0,0"), drivers=(0, 7, 3, 4)
    ),
    "vehicle.lincoln.mkz_2017": Listed("car", 1, ("16,16,16",), lit=True),
    "vehicle.lincoln.mkz_2020": Listed("car", 2, ("0,0,0",), drivers=(0,)),
    "vehicle.mercedes.coupe": Listed("car", 1, _FIVE),
    "vehicle.mercedes.coupe_2020": Listed("car", 2, ("73,0,0", "0,21,81", "0,0,0", "187,187,187")),
    "vehicle.mercedes.sprinter": Listed("van", 2, ("167,166,175", "255,255,255", "115,115,115")),
    "vehicle.micro.microlino": Listed(
        "car", 1, ("21,158,255", "145,255,181", "255,33,0", "255,208,0", "181,255,0"), "electric"
    ),
    "vehicle.mini.cooper_s": Listed("car", 1, _FIVE),
    "vehicle.mini.cooper_s_2021": Listed("car", 2, ("73,0,0", "22,31,73", "215,88,0", "0,28,0")),
    "vehicle.mitsubishi.fusorosa": Listed("bus", 2, ("255,255,255",), opens_doors=False),
    "vehicle.nissan.micra": Listed("car", 1, _MICRA),
    "vehicle.nissan.patrol": Listed("car", 1, ("183,187,162", "0,0,0", "66,52,33", "22,24,43", "201,147,0")),
    "vehicle.nissan.patrol_2021": Listed(
        "car", 2, ("217,217,217", "159,0,0", "0,38,105", "12,42,12", "0,0,0")
    ),
    "vehicle.seat.leon": Listed("car", 1, _LEON),
    "vehicle.tesla.cybertruck": Listed("truck", 2, special_type="electric"),
    "vehicle.tesla.model3": Listed(
        "car", 1, ("17,37,103", "75,86,173", "180,42,42", "0,0,0", "137,0,0"), "electric", lit=True
    ),
    "vehicle.toyota.prius": Listed("car", 1, _PRIUS),
    "vehicle.vespa.zx125": Listed(
        "motorcycle", 1, ("255,203,39", "30,121,154", "168,0,0", "0,0,0", "208,208,208"), drivers=(0, 2, 3, 6)
    ),
    "vehicle.volkswagen.t2": Listed("van", 1, _T2, lit=True),
    "vehicle.volkswagen.t2_2021": Listed("van", 2, _T2),
    "vehicle.yamaha.yzf": Listed("motorcycle", 1, _YZF, drivers=(0, 2, 3, 6)),
}
