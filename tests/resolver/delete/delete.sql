--# with a filter
DELETE FROM orders WHERE status = 'void'
--> into orders
--> *: FILTER orders.status

--# everything
DELETE FROM orders WHERE TRUE
--> into orders

--# by subquery
DELETE FROM orders WHERE customer_id IN (SELECT id FROM customers WHERE country = 'XX')
--> into orders
--> *: FILTER orders.customer_id customers.id customers.country

--# by correlated EXISTS
DELETE FROM orders WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = orders.customer_id AND c.segment = 'test')
--> into orders
--> *: FILTER customers.id orders.customer_id customers.segment

--# using another table @postgres redshift snowflake duckdb
DELETE FROM orders USING customers WHERE orders.customer_id = customers.id AND customers.segment = 'test'
--> into orders
--> *: FILTER orders.customer_id customers.id customers.segment

--# with a join @mysql tsql
DELETE o FROM orders o JOIN customers c ON o.customer_id = c.id WHERE c.segment = 'test'
--> into orders
--> *: JOIN orders.customer_id customers.id; FILTER customers.segment

--# a common table expression that is deleted from @tsql
WITH ranked AS (SELECT id, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at) AS rn FROM orders) DELETE FROM ranked WHERE rn > 1
--> into orders
--> *: FILTER orders.customer_id orders.ordered_at

--# truncate leaves nothing to derive
TRUNCATE TABLE orders
--> into orders

--# a table of unknown schema
DELETE FROM somewhere WHERE flag = 1
--> into somewhere
--> *: FILTER somewhere.flag~sole_candidate

--# an alias @postgres bigquery snowflake duckdb
DELETE FROM orders AS o WHERE o.amount < 0
--> into orders
--> *: FILTER orders.amount

--# alter table delete @clickhouse
ALTER TABLE orders DELETE WHERE status = 'void'
--> into orders
--> *: FILTER orders.status

--# limited @mysql
DELETE FROM orders WHERE status = 'void' ORDER BY ordered_at LIMIT 3
--> into orders
--> *: FILTER orders.status; SORT orders.ordered_at

--# what is deleted goes into another table @tsql
--: audit(x int, y int)
DELETE FROM t OUTPUT deleted.a, deleted.b INTO audit (x, y) WHERE c = 1
--> into t
--> *: FILTER t.c
--> into audit
--> x: t.a
--> y: t.b
--> *: FILTER t.c

--# what is deleted goes into another table by position @tsql
--: audit(x int, y int)
DELETE FROM t OUTPUT deleted.a, deleted.b INTO audit WHERE c = 1
--> into t
--> *: FILTER t.c
--> into audit
--> x: t.a
--> y: t.b
--> *: FILTER t.c
