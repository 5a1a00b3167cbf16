--# loading from a bucket @snowflake redshift
--: loaded(id int, name text)
COPY INTO loaded FROM 's3://lake/in/people.csv'
--> into loaded
--> from s3://lake/in/people.csv
--> id:
--> name:
--> id!: unknown_schema
--> name!: unknown_schema

--# loading listed columns from a bucket @redshift postgres
--: loaded(id int, name text)
COPY loaded (id, name) FROM 's3://lake/in/people.csv'
--> into loaded
--> from s3://lake/in/people.csv
--> id:
--> name:
--> id!: unknown_schema
--> name!: unknown_schema

--# loading from a stage @snowflake
--: loaded(id int, name text)
COPY INTO loaded (id, name) FROM @landing/people
--> into loaded
--> from @landing/people
--> id:
--> name:
--> id!: unknown_schema
--> name!: unknown_schema

--# loading by a query over a stage @snowflake
COPY INTO loaded (id, name) FROM (SELECT $1, UPPER($2) FROM @landing/people)
--> into loaded
--> id: @landing/people::$1
--> name: TRANSFORMATION @landing/people::$2

--# loading fields of a staged variant @snowflake
COPY INTO loaded (id, name) FROM (SELECT s.$1:id::int, s.$1:person.name FROM @landing/people s)
--> into loaded
--> id: TRANSFORMATION @landing/people::$1
--> name: TRANSFORMATION @landing/people::$1

--# unloading a query to a stage @snowflake
COPY INTO @out_stage/orders FROM (SELECT id, amount FROM orders WHERE status = 'paid')
--> into @out_stage/orders
--> id: orders.id
--> amount: orders.amount
--> *: FILTER orders.status

--# unloading a table to a bucket @snowflake
COPY INTO 's3://lake/out/w' FROM w
--> into s3://lake/out/w
--> k: w.k
--> p: w.p
--> q: w.q

--# unload @redshift
UNLOAD ('SELECT id, amount FROM orders WHERE status = ''paid''') TO 's3://lake/out/orders' IAM_ROLE 'x' FORMAT PARQUET
--> into s3://lake/out/orders
--> id: orders.id
--> amount: orders.amount
--> *: FILTER orders.status

--# copying a query out @postgres duckdb
COPY (SELECT id, amount FROM orders) TO 's3://lake/out/orders.csv'
--! not executed: there is no such bucket
--> into s3://lake/out/orders.csv
--> id: orders.id
--> amount: orders.amount

--# copying a table out @postgres duckdb
COPY w TO 's3://lake/out/w.csv'
--! not executed: there is no such bucket
--> into s3://lake/out/w.csv
--> k: w.k
--> p: w.p
--> q: w.q

--# copying columns of a table out @postgres
COPY w (k, p) TO 's3://lake/out/w.csv'
--> into s3://lake/out/w.csv
--> k: w.k
--> p: w.p

--# exporting data @bigquery
EXPORT DATA OPTIONS (uri = 's3://lake/out/*.csv', format = 'CSV') AS SELECT id, amount FROM orders
--> into s3://lake/out/*.csv
--> id: orders.id
--> amount: orders.amount

--# loading data @hive spark databricks
LOAD DATA INPATH 's3://lake/in/people' INTO TABLE people
--> into people
--> from s3://lake/in/people
--> !: unknown_schema

--# copy into a lakehouse table @databricks
COPY INTO loaded FROM (SELECT id, upper(name) AS name FROM 's3://lake/in/people') FILEFORMAT = JSON
--> into loaded
--> id: s3://lake/in/people::id
--> name: TRANSFORMATION s3://lake/in/people::name

--# a query over staged files @snowflake
CREATE TABLE fresh AS SELECT s.$1 AS id, s.$2 AS name FROM @landing/people s
--> into fresh
--> id: @landing/people::$1
--> name: @landing/people::$2

--# a table written to a file by insert @clickhouse
INSERT INTO FUNCTION s3('s3://lake/out/o.parquet') SELECT id FROM orders
--> into s3://lake/out/o.parquet
--> id: orders.id~positional
