CREATE OR REPLACE TABLE stations AS
SELECT faa AS code, name FROM airports
UNION
SELECT origin, origin || ' weather station' FROM weather
