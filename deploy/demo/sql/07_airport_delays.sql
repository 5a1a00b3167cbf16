INSERT INTO airport_delays (mean_dep_delay, departures, origin)
SELECT avg(dep_delay), count(*), origin
FROM flights
WHERE dep_delay IS NOT NULL
GROUP BY origin
ON CONFLICT (origin) DO UPDATE SET
  departures = excluded.departures,
  mean_dep_delay = excluded.mean_dep_delay
