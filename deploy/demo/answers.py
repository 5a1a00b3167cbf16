"""The answers that the demo must give, worked out by hand from the SQL in `sql/`.

`flights.dep_delay` flows through `SELECT *` into `completed_flights`, from there into
`flight_weather` (`f.*`), `flight_features` and `training_set`; averaged by day and by week
into `carrier_week.week_dep_delay`, and so into the features again; and averaged into
`airport_delays`. It decides on `delay_class.delay_class` (CASE), and on which rows
`airport_delays` counts (WHERE), so that table's other columns rest on it too.
"""

IMPACT_SUBJECT = "flights.dep_delay"

IMPACT_DIRECT = {
    "completed_flights.dep_delay",
    "carrier_week.week_dep_delay",
    "airport_delays.mean_dep_delay",
    "flight_weather.dep_delay",
    "flight_features.dep_delay",
    "flight_features.week_dep_delay",
    "training_set.dep_delay",
    "training_set.week_dep_delay",
}
"""Columns that values of it get into."""

IMPACT_INDIRECT = {
    "delay_class.delay_class",
    "airport_delays.origin",
    "airport_delays.departures",
}
"""Columns whose rows or conditions rest on it."""

IMPACT_JOBS = {
    "completed_flights",
    "carrier_week",
    "delay_class",
    "airport_delays",
    "flight_weather",
    "flight_features",
    "training_set",
    "train_arrival_delay",
}

IMPACT_MODELS = {"arrival_delay"}

TRACE_DIRECT_SOURCES = {
    "flights.dep_delay",
    "flights.arr_delay",
    "flights.distance",
    "flights.hour",
    "flights.month",
    "weather.temp",
    "weather.wind_speed",
    "weather.precip",
    "weather.visib",
    "planes.seats",
}
"""Source columns whose values get into the model's features and target.

The others decide which rows there are or which meet: the keys of the joins, groups and
windows, and the names that the UNION compares.
"""

TRACE_INDIRECT_SOURCES = {
    "flights.carrier",
    "flights.year",
    "flights.day",
    "flights.tailnum",
    "flights.dest",
    "flights.origin",
    "flights.time_hour",
    "weather.origin",
    "weather.time_hour",
    "airlines.carrier",
    "planes.tailnum",
    "airports.faa",
    "airports.name",
}

REPEATED_STATEMENTS_WRITE = {"Run", "EXECUTED", "READ", "WROTE", "RESOLVED_TO"}
"""What a second run of unchanged statements adds to the graph: the run, and what ties it."""
