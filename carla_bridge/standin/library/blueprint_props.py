"""CARLA 0.9.16's props as data: each one's size along x, y and z in metres, and whether things of its kind move.

Sizes are those of CARLA's own bounding boxes. CARLA's manual calls dynamic what is likely to be moved about, such
as bins, bags and carts; which of its props it sorts there in fact is not published prop by prop, so the last
column is our reading of that rule.
"""

from typing import NamedTuple


class PropSize(NamedTuple):
    """How big a prop is, and whether it can be carried off."""

    x_m: float
    y_m: float
    z_m: float
    moves: bool = False

    @property
    def size(self) -> str:
        """CARLA's word for a size; the borders between the words are ours."""
        longest_m = max(self[:3])
        words = ((0.3, "tiny"), (1.0, "small"), (2.0, "medium"), (4.0, "big"))
        return next((word for limit_m, word in words if longest_m < limit_m), "huge")


PROPS: dict[str, PropSize] = {
    "advertisement": PropSize(1.55, 0.29, 2.44),
    "atm": PropSize(0.71, 0.87, 2.28),
    "barbeque": PropSize(0.95, 0.50, 1.26, True),
    "barrel": PropSize(0.46, 0.47, 0.81, True),
    "bench01": PropSize(1.54, 0.74, 0.97),
    "bench02": PropSize(1.56, 0.54, 0.51),
    "bench03": PropSize(1.58, 0.51, 0.51),
    "bike helmet": PropSize(0.19, 0.28, 0.17, True),
    "bin": PropSize(0.55, 0.64, 1.06, True),
    "box01": PropSize(0.65, 0.65, 0.69, True),
    "box02": PropSize(0.65, 0.65, 0.65, True),
    "box03": PropSize(0.66, 0.67, 0.65, True),
    "briefcase": PropSize(0.54, 0.18, 0.43, True),
    "brokentile01": PropSize(0.13, 0.18, 0.01, True),
    "brokentile02": PropSize(0.21, 0.15, 0.01, True),
    "brokentile03": PropSize(0.15, 0.14, 0.01, True),
    "brokentile04": PropSize(0.13, 0.13, 0.01, True),
    "busstop": PropSize(3.88, 1.89, 2.74),
    "busstoplb": PropSize(1.89, 3.88, 2.74),
    "calibrator": PropSize(1.55, 0.69, 0.20, True),
    "chainbarrier": PropSize(1.49, 0.24, 0.89),
    "chainbarrierend": PropSize(0.24, 0.24, 0.89),
    "clothcontainer": PropSize(1.24, 1.89, 1.81),
    "clothesline": PropSize(6.65, 1.12, 2.06),
    "colacan": PropSize(0.07, 0.07, 0.11, True),
    "constructioncone": PropSize(0.34, 0.34, 0.59, True),
    "container": PropSize(1.93, 1.01, 1.71, True),
    "creasedbox01": PropSize(0.81, 0.71, 0.12, True),
    "creasedbox02": PropSize(1.63, 0.71, 0.21, True),
    "creasedbox03": PropSize(1.67, 0.71, 0.02, True),
    "dirtdebris01": PropSize(1.86, 1.51, 0.15),
    "dirtdebris02": PropSize(1.86, 1.51, 0.15),
    "dirtdebris03": PropSize(1.86, 1.51, 0.19),
    "doghouse": PropSize(1.08, 1.27, 1.09),
    "foodcart": PropSize(2.28, 4.64, 3.57, True),
    "fountain": PropSize(8.40, 8.40, 6.92),
    "garbage01": PropSize(0.05, 0.05, 0.09, True),
    "garbage02": PropSize(0.05, 0.05, 0.01, True),
    "garbage03": PropSize(0.06, 0.06, 0.08, True),
    "garbage04": PropSize(0.06, 0.06, 0.07, True),
    "garbage05": PropSize(0.23, 0.23, 0.06, True),
    "garbage06": PropSize(0.37, 0.21, 0.08, True),
    "gardenlamp": PropSize(0.30, 0.28, 0.65),
    "glasscontainer": PropSize(1.95, 2.01, 1.79),
    "gnome": PropSize(0.37, 0.38, 0.88, True),
    "guitarcase": PropSize(1.24, 0.13, 0.49, True),
    "haybale": PropSize(1.25, 1.19, 1.19, True),
    "haybalelb": PropSize(1.25, 1.19, 1.19, True),
    "ironplank": PropSize(1.45, 1.17, 0.02, True),
    "kiosk_01": PropSize(1.63, 1.65, 3.25),
    "mailbox": PropSize(0.53, 0.44, 1.16),
    "maptable": PropSize(1.57, 0.62, 1.18),
    "mobile": PropSize(0.08, 0.01, 0.17, True),
    "motorhelmet": PropSize(0.20, 0.26, 0.26, True),
    "pergola": PropSize(5.03, 5.09, 3.54),
    "plantpot01": PropSize(1.09, 0.48, 0.56),
    "plantpot02": PropSize(1.05, 0.43, 0.49),
    "plantpot03": PropSize(1.05, 0.43, 0.49),
    "plantpot04": PropSize(4.97, 0.74, 0.12),
    "plantpot05": PropSize(0.40, 0.40, 0.28),
    "plantpot06": PropSize(1.59, 1.59, 0.85),
    "plantpot07": PropSize(0.49, 0.48, 0.56),
    "plantpot08": PropSize(0.53, 0.53, 0.49),
    "plasticbag": PropSize(0.31, 0.40, 0.55, True),
    "plasticchair": PropSize(0.73, 0.75, 1.27, True),
    "plastictable": PropSize(2.48, 2.48, 2.48, True),
    "platformgarbage01": PropSize(3.63, 1.71, 0.33),
    "purse": PropSize(0.16, 0.33, 0.59, True),
    "shoppingbag": PropSize(0.47, 0.24, 0.60, True),
    "shoppingcart": PropSize(0.67, 1.21, 1.08, True),
    "shoppingtrolley": PropSize(0.51, 0.33, 1.09, True),
    "slide": PropSize(0.94, 4.12, 1.98),
    "streetbarrier": PropSize(1.21, 0.37, 1.07, True),
    "streetfountain": PropSize(0.29, 0.67, 1.26),
    "streetsign": PropSize(1.06, 0.13, 2.15),
    "streetsign01": PropSize(2.47, 0.30, 3.88),
    "streetsign04": PropSize(1.17, 0.12, 2.77),
    "swing": PropSize(4.11, 1.58, 2.57),
    "swingcouch": PropSize(1.36, 2.36, 2.25),
    "table": PropSize(2.16, 2.15, 0.85),
    "trafficcone01": PropSize(0.88, 0.88, 1.13, True),
    "trafficcone02": PropSize(0.46, 0.39, 1.18, True),
    "trafficwarning": PropSize(2.37, 2.87, 3.57, True),
    "trampoline": PropSize(4.13, 4.13, 2.80),
    "trashbag": PropSize(0.38, 0.43, 0.70, True),
    "trashcan01": PropSize(0.64, 0.57, 0.85, True),
    "trashcan02": PropSize(0.52, 0.51, 1.05, True),
    "trashcan03": PropSize(0.63, 0.55, 0.93, True),
    "trashcan04": PropSize(0.79, 0.58, 1.02, True),
    "trashcan05": PropSize(0.79, 0.58, 1.02, True),
    "travelcase": PropSize(0.57, 0.33, 1.26, True),
    "vendingmachine": PropSize(0.87, 1.10, 2.11),
    "warningaccident": PropSize(1.31, 1.06, 1.86, True),
    "warningconstruction": PropSize(1.31, 1.06, 1.86, True),
    "wateringcan": PropSize(0.07, 0.19, 0.13, True),
}
