CREATE OR REPLACE TABLE completed_flights AS
SELECT * FROM flights WHERE arr_delay IS NOT NULL
