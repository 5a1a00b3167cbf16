CREATE OR REPLACE TABLE delay_class AS
SELECT
  carrier,
  flight,
  time_hour,
  CASE WHEN dep_delay > 60 THEN 'severe' WHEN dep_delay > 15 THEN 'late' ELSE 'on time' END
    AS delay_class
FROM completed_flights
