--# copy unquoted url @snowflake
COPY INTO s3://b/p/x.parquet FROM (SELECT id, amount FROM orders) FILE_FORMAT = (TYPE = PARQUET)
--> into s3://b/p/x.parquet
--> id: orders.id
--> amount: orders.amount

--# load data @mysql
LOAD DATA LOCAL INFILE '/tmp/x.csv' INTO TABLE t FIELDS TERMINATED BY ',' LINES TERMINATED BY '\n' IGNORE 1 LINES (a, b)
--> into t
--> a:
--> b:
--> a!: unknown_schema
--> b!: unknown_schema
