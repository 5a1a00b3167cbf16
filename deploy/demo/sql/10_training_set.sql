CREATE OR REPLACE TABLE training_set AS
SELECT
  dep_delay,
  distance,
  hour,
  month,
  coalesce(temp, 55.0) AS temp,
  coalesce(wind_speed, 10.0) AS wind_speed,
  coalesce(precip, 0.0) AS precip,
  coalesce(visib, 10.0) AS visib,
  coalesce(week_dep_delay, 0.0) AS week_dep_delay,
  coalesce(seats, 150) AS seats,
  arr_delay
FROM flight_features
