CREATE OR REPLACE VIEW flight_weather AS
SELECT f.*, temp, wind_speed, precip, visib
FROM completed_flights AS f
LEFT JOIN hourly_weather USING (origin, time_hour)
