CREATE OR REPLACE TABLE hourly_weather AS
SELECT
  origin,
  time_hour,
  avg(temp) AS temp,
  avg(wind_speed) AS wind_speed,
  sum(precip) AS precip,
  min(visib) AS visib
FROM weather
GROUP BY origin, time_hour
