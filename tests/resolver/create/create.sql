--# create table as
CREATE TABLE fresh AS SELECT id, amount - discount AS net FROM orders WHERE status = 'paid'
--> into fresh
--> id: orders.id
--> net: TRANSFORMATION orders.amount orders.discount
--> *: FILTER orders.status

--# create or replace @snowflake bigquery databricks duckdb clickhouse
CREATE OR REPLACE TABLE fresh AS SELECT id FROM orders
--> into fresh
--> id: orders.id

--# if it does not exist @postgres mysql snowflake bigquery duckdb spark trino databricks hive clickhouse
CREATE TABLE IF NOT EXISTS fresh AS SELECT id FROM orders
--> into fresh
--> id: orders.id

--# a column list renames @postgres trino snowflake redshift oracle
CREATE TABLE fresh (key_id, net) AS SELECT id, amount FROM orders
--> into fresh
--> key_id: orders.id
--> net: orders.amount

--# a star
CREATE TABLE fresh AS SELECT * FROM w
--> into fresh
--> k: w.k
--> p: w.p
--> q: w.q

--# a query in parentheses @postgres mysql snowflake bigquery redshift spark duckdb databricks trino
CREATE TABLE fresh AS (SELECT id FROM orders)
--> into fresh
--> id: orders.id

--# with a common table expression inside
CREATE TABLE fresh AS WITH s AS (SELECT id FROM orders) SELECT id FROM s
--> into fresh
--> id: orders.id

--# of a set operation
CREATE TABLE fresh AS SELECT a FROM t UNION ALL SELECT e FROM u
--> into fresh
--> a: t.a u.e

--# without data @postgres
CREATE TABLE fresh AS SELECT id FROM orders WITH NO DATA
--! no effect: the table is made without rows
--> into fresh
--> id: orders.id

--# a view
CREATE VIEW recent AS SELECT id, status FROM orders WHERE ordered_at > '2024-01-01'
--> into recent
--> id: orders.id
--> status: orders.status
--> *: FILTER orders.ordered_at

--# a view with column names
CREATE VIEW recent (order_id, state) AS SELECT id, status FROM orders
--> into recent
--> order_id: orders.id
--> state: orders.status

--# a view replaced @postgres snowflake bigquery redshift duckdb spark databricks mysql oracle trino
CREATE OR REPLACE VIEW recent AS SELECT id FROM orders
--> into recent
--> id: orders.id

--# a view altered @tsql mysql
ALTER VIEW recent AS SELECT id FROM orders
--> into recent
--> id: orders.id

--# a materialised view @postgres redshift snowflake bigquery trino oracle
CREATE MATERIALIZED VIEW daily AS SELECT status, COUNT(*) AS n, SUM(amount) AS s FROM orders GROUP BY status
--> into daily
--> status: orders.status
--> n:
--> s: AGGREGATION orders.amount
--> *: GROUP_BY orders.status

--# a materialised view to a table @clickhouse
CREATE MATERIALIZED VIEW daily_mv TO daily AS SELECT status, sum(amount) AS s FROM orders GROUP BY status
--: daily(status text, s int)
--> into daily
--> status: orders.status
--> s: AGGREGATION orders.amount
--> *: GROUP_BY orders.status
--> into daily_mv
--> status: orders.status
--> s: AGGREGATION orders.amount
--> *: GROUP_BY orders.status

--# a view upon a view names the view
CREATE VIEW v2 AS SELECT r_id, upper(r_state) AS state FROM recent
--: recent(r_id int, r_state text)
--> into v2
--> r_id: recent.r_id
--> state: TRANSFORMATION recent.r_state

--# a view with options @snowflake
CREATE OR REPLACE SECURE VIEW recent COPY GRANTS COMMENT = 'x' AS SELECT id FROM orders
--> into recent
--> id: orders.id

--# a dynamic table @snowflake
CREATE OR REPLACE DYNAMIC TABLE fresh TARGET_LAG = '1 minute' WAREHOUSE = wh AS SELECT id, amount FROM orders
--> into fresh
--> id: orders.id
--> amount: orders.amount

--# a partitioned and clustered table @bigquery
CREATE OR REPLACE TABLE fresh PARTITION BY DATE(ordered_at) CLUSTER BY customer_id OPTIONS (description = 'x') AS SELECT ordered_at, customer_id FROM orders
--> into fresh
--> ordered_at: orders.ordered_at
--> customer_id: orders.customer_id

--# a delta table @databricks spark
CREATE OR REPLACE TABLE fresh USING DELTA PARTITIONED BY (status) LOCATION 's3://lake/fresh' AS SELECT id, status FROM orders
--> into fresh
--> id: orders.id
--> status: orders.status

--# stored as @hive
CREATE TABLE fresh STORED AS PARQUET AS SELECT id FROM orders
--> into fresh
--> id: orders.id

--# with properties @trino
CREATE TABLE fresh WITH (format = 'ORC', partitioned_by = ARRAY['status']) AS SELECT id, status FROM orders
--> into fresh
--> id: orders.id
--> status: orders.status

--# distribution and sort keys @redshift
CREATE TABLE fresh DISTKEY (id) SORTKEY (id) AS SELECT id FROM orders
--> into fresh
--> id: orders.id

--# an engine @clickhouse
CREATE TABLE fresh ENGINE = MergeTree ORDER BY id AS SELECT id, status FROM orders
--> into fresh
--> id: orders.id
--> status: orders.status

--# column types before the query @mysql
CREATE TABLE fresh (id BIGINT, extra INT) SELECT id FROM orders
--! not executed: MySQL puts columns that the query lacks first
--> into fresh
--> extra:
--> id: orders.id

--# a columnstore table @tsql
SELECT id, SUM(amount) AS s INTO fresh FROM orders GROUP BY id
--> into fresh
--> id: orders.id
--> s: AGGREGATION orders.amount
--> *: GROUP_BY orders.id

--# a recursive view @postgres
--% unique=employees.id
CREATE RECURSIVE VIEW chain (id, boss) AS SELECT id, manager_id FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.manager_id FROM employees e JOIN chain c ON e.manager_id = c.id
--> into chain
--> id: employees.id
--> boss: employees.manager_id
--> *: FILTER employees.manager_id; JOIN employees.manager_id employees.id

--# a streaming table @databricks
CREATE OR REFRESH STREAMING TABLE fresh AS SELECT id FROM STREAM(orders)
--> into fresh
--> id: orders.id
