CREATE TABLE IF NOT EXISTS airport_delays (
  origin VARCHAR PRIMARY KEY,
  departures BIGINT,
  mean_dep_delay DOUBLE
)
