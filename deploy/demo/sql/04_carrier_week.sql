CREATE OR REPLACE TABLE carrier_week AS
WITH daily AS (
  SELECT carrier, year, month, day, count(*) AS departures, avg(dep_delay) AS day_dep_delay
  FROM completed_flights
  GROUP BY carrier, year, month, day
)
SELECT
  carrier,
  name AS airline,
  year,
  month,
  day,
  departures,
  avg(day_dep_delay) OVER (
    PARTITION BY carrier ORDER BY year, month, day ROWS BETWEEN 7 PRECEDING AND 1 PRECEDING
  ) AS week_dep_delay
FROM daily
JOIN airlines USING (carrier)
