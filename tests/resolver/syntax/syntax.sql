--# comments of every kind
SELECT id, -- the key, from orders
  /* amount, */ discount /* not amount */
FROM orders -- WHERE status = 'x'
--> id: orders.id
--> discount: orders.discount

--# a comment with a quote in it
SELECT id -- it's the key
FROM orders
--> id: orders.id

--# a hint @oracle mysql
SELECT /*+ INDEX(o idx) PARALLEL(4) */ o.id FROM orders o
--> id: orders.id

--# a hint of Spark @spark databricks hive
SELECT /*+ BROADCAST(c) */ o.id, c.name FROM orders o JOIN customers c ON o.customer_id = c.id
--> id: orders.id
--> name: customers.name
--> *: JOIN orders.customer_id customers.id

--# locking hints @tsql
SELECT o.id FROM orders AS o WITH (NOLOCK) WHERE o.status = 'x' OPTION (MAXDOP 1)
--> id: orders.id
--> *: FILTER orders.status

--# a trailing semicolon
SELECT id FROM orders;
--> id: orders.id

--# keywords in lower case
select id, sum(amount) as s from orders group by id having sum(amount) > 1 order by s
--> id: orders.id
--> s: AGGREGATION orders.amount
--> *: GROUP_BY orders.id; FILTER orders.amount; SORT orders.amount

--# a text that looks like a query
SELECT id, 'SELECT amount FROM orders' AS q FROM orders
--> id: orders.id
--> q:

--# dollar-quoted text @postgres
SELECT id, $$it's amount$$ AS q FROM orders
--> id: orders.id
--> q:

--# a trailing comma @duckdb bigquery snowflake databricks
SELECT id, amount, FROM orders
--> id: orders.id
--> amount: orders.amount

--# explain of a query reads nothing new @postgres duckdb mysql
SELECT id FROM orders FOR UPDATE
--! not executed: DuckDB has no locks of rows
--> id: orders.id

--# a sample @postgres snowflake duckdb spark databricks hive
SELECT id FROM orders TABLESAMPLE BERNOULLI (10)
--! not executed: a sample differs from run to run
--> id: orders.id

--# a sample @bigquery
SELECT id FROM orders TABLESAMPLE SYSTEM (10 PERCENT)
--> id: orders.id

--# time travel @snowflake
SELECT id FROM orders AT (TIMESTAMP => '2024-01-01'::timestamp) o
--> id: orders.id

--# time travel @bigquery
SELECT id FROM orders FOR SYSTEM_TIME AS OF TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR)
--> id: orders.id

--# time travel @databricks
SELECT id FROM orders VERSION AS OF 12
--> id: orders.id

--# final and prewhere @clickhouse
SELECT id FROM orders FINAL PREWHERE status = 'x' WHERE amount > 1 LIMIT 1 BY id
--> id: orders.id
--> *: FILTER orders.status orders.amount; GROUP_BY orders.id

--# with ties @tsql
SELECT TOP 3 WITH TIES id FROM orders ORDER BY amount
--> id: orders.id
--> *: SORT orders.amount

--# sort by and distribute by @spark hive databricks
SELECT id FROM orders DISTRIBUTE BY status SORT BY amount
--> id: orders.id
--> *: SORT orders.amount

--# cluster by @spark hive databricks
SELECT id FROM orders CLUSTER BY customer_id
--> id: orders.id
--> *: SORT orders.customer_id

--# connect by @oracle snowflake
SELECT id, full_name, LEVEL AS depth FROM employees START WITH manager_id IS NULL CONNECT BY PRIOR id = manager_id
--> id: employees.id
--> full_name: employees.full_name
--> depth:
--> *: FILTER employees.manager_id; JOIN employees.id employees.manager_id

--# rownum @oracle
SELECT id FROM orders WHERE ROWNUM <= 10
--> id: orders.id

--# a pipe of operators @bigquery
FROM orders |> WHERE status = 'paid' |> AGGREGATE SUM(amount) AS total GROUP BY customer_id
--> customer_id: orders.customer_id
--> total: AGGREGATION orders.amount
--> *: FILTER orders.status; GROUP_BY orders.customer_id

--# select as struct @bigquery
SELECT AS STRUCT id, amount FROM orders
--> id: orders.id
--> amount: orders.amount

--# bind parameters @postgres duckdb mysql bigquery
SELECT id FROM orders WHERE status = ?
--! not executed: a parameter has no value
--> id: orders.id
--> *: FILTER orders.status

--# named parameters @oracle snowflake databricks
SELECT id FROM orders WHERE status = :state
--> id: orders.id
--> *: FILTER orders.status

--# a variable @tsql
SELECT id, @rate AS rate FROM orders WHERE status = @state
--> id: orders.id
--> rate:
--> *: FILTER orders.status

--# values as a query @postgres duckdb trino snowflake
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS s (n, l)
--> n:
--> l:

--# parentheses around parentheses @mysql
SELECT ((((id)))) AS id FROM (((orders)))
--> id: orders.id

--# double negation and odd spacing
SELECT	id,
- - amount   AS   x
FROM
  orders
--> id: orders.id
--> x: TRANSFORMATION orders.amount

--# a window of exclusion @postgres duckdb
SELECT SUM(amount) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) AS s FROM orders
--> s: AGGREGATION orders.amount; WINDOW orders.id

--# only @postgres
SELECT id FROM ONLY orders
--> id: orders.id

--# lateral group by position over star text @duckdb
SELECT #1, #3 FROM t
--! not executed: positions are read by few
--> _: t.a
--> _: t.c

--# match recognize @snowflake trino oracle
SELECT m.customer_id, m.first_day FROM orders MATCH_RECOGNIZE (PARTITION BY customer_id ORDER BY ordered_at MEASURES FIRST(up.ordered_at) AS first_day ONE ROW PER MATCH PATTERN (strt up+) DEFINE up AS up.amount > PREV(up.amount)) m
--> customer_id: orders.customer_id
--> first_day: TRANSFORMATION orders.ordered_at
--> *: GROUP_BY orders.customer_id; SORT orders.ordered_at; FILTER orders.amount
