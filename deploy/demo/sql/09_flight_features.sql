CREATE OR REPLACE VIEW flight_features AS
SELECT
  carrier,
  stations.name AS destination,
  dep_delay,
  distance,
  hour,
  month,
  temp,
  wind_speed,
  precip,
  visib,
  week_dep_delay,
  seats,
  arr_delay
FROM flight_weather AS fw
LEFT JOIN carrier_week USING (carrier, year, month, day)
LEFT JOIN planes ON planes.tailnum = fw.tailnum
LEFT JOIN stations ON stations.code = fw.dest
