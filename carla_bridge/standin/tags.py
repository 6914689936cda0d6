"""The tags the stand-in paints with: CARLA 0.9.16's numbers, taken by name from the one table."""

from carla_bridge.labels import TAG_TABLES

_tag = TAG_TABLES["0.9.14"].tag

ROADS, ROAD_LINES, SIDEWALKS, TERRAIN = _tag("Roads"), _tag("RoadLines"), _tag("Sidewalks"), _tag("Terrain")
BUILDINGS, WALLS, FENCES, POLES = _tag("Buildings"), _tag("Walls"), _tag("Fences"), _tag("Poles")
TRAFFIC_LIGHT, TRAFFIC_SIGNS = _tag("TrafficLight"), _tag("TrafficSigns")
VEGETATION, SKY = _tag("Vegetation"), _tag("Sky")
STATIC, DYNAMIC = _tag("Static"), _tag("Dynamic")
PEDESTRIANS, RIDER = _tag("Pedestrians"), _tag("Rider")
CAR, TRUCK, BUS = _tag("Car"), _tag("Truck"), _tag("Bus")
MOTORCYCLE, BICYCLE = _tag("Motorcycle"), _tag("Bicycle")
