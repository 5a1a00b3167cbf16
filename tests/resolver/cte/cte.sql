--# one common table expression
WITH paid AS (SELECT id, amount FROM orders WHERE status = 'paid') SELECT id, amount * 2 AS twice FROM paid
--> id: orders.id
--> twice: TRANSFORMATION orders.amount
--> *: FILTER orders.status

--# a chain of them
WITH a1 AS (SELECT x, y FROM v), a2 AS (SELECT x + y AS s FROM a1), a3 AS (SELECT s * 2 AS s2 FROM a2) SELECT s2 FROM a3
--> s2: TRANSFORMATION v.x v.y

--# one read twice
WITH m AS (SELECT customer_id, SUM(amount) AS total FROM orders GROUP BY customer_id) SELECT l.customer_id, l.total - r.total AS diff FROM m l JOIN m r ON l.customer_id = r.customer_id
--> customer_id: orders.customer_id
--> diff: AGGREGATION orders.amount
--> *: JOIN orders.customer_id; GROUP_BY orders.customer_id

--# one that nobody reads leaves no trace
WITH unused AS (SELECT * FROM customers WHERE country = 'FR'), used AS (SELECT id FROM orders) SELECT id FROM used
--> id: orders.id

--# a list of column names
WITH s (code, val) AS (SELECT k, x + y FROM v) SELECT code, val FROM s
--> code: v.k
--> val: TRANSFORMATION v.x v.y

--# a list of column names and a star over it
WITH s (code, val) AS (SELECT k, x FROM v) SELECT * FROM s
--> code: v.k
--> val: v.x

--# one that shadows a table of the same name
WITH orders AS (SELECT id, amount * 2 AS amount FROM payments) SELECT id, amount FROM orders
--: payments(id int, amount int)
--> id: payments.id
--> amount: TRANSFORMATION payments.amount
--> from payments

--# one of the same name as the table that it reads
WITH orders AS (SELECT id, amount FROM orders WHERE amount > 0) SELECT id FROM orders
--> id: orders.id
--> *: FILTER orders.amount

--# a name in a schema is never shadowed @all -mysql -clickhouse
--: none
--: sales.orders(id int, amount int)
--: payments(id int, amount int)
WITH orders AS (SELECT id FROM payments) SELECT o.amount FROM sales.orders o
--> amount: sales.orders.amount
--> from sales.orders

--# one nested in another @all -tsql
WITH outer_cte AS (WITH inner_cte AS (SELECT a, b FROM t WHERE c = 1) SELECT a + b AS s FROM inner_cte) SELECT s FROM outer_cte
--> s: TRANSFORMATION t.a t.b
--> *: FILTER t.c

--# an inner one shadows an outer one @all -tsql
WITH s AS (SELECT a AS n FROM t), r AS (WITH s AS (SELECT e AS n FROM u) SELECT n FROM s) SELECT s.n AS n1, r.n AS n2 FROM s, r
--> n1: t.a
--> n2: u.e

--# one in a derived table @all -tsql
SELECT n FROM (WITH s AS (SELECT a AS n FROM t) SELECT n FROM s) q
--> n: t.a

--# one visible in a subquery of the where clause
WITH vip AS (SELECT id FROM customers WHERE segment = 'vip') SELECT o.id FROM orders o WHERE o.customer_id IN (SELECT id FROM vip)
--> id: orders.id
--> *: FILTER orders.customer_id customers.id customers.segment

--# a later one does not hide a table from an earlier one
WITH a1 AS (SELECT id FROM orders), b1 AS (SELECT id FROM a1) SELECT id FROM b1
--> id: orders.id

--# a recursive walk up a hierarchy @ansi postgres mysql snowflake bigquery redshift trino duckdb databricks
--% unique=employees.id
WITH RECURSIVE chain AS (SELECT id, manager_id, full_name FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.manager_id, e.full_name FROM employees e JOIN chain c ON e.manager_id = c.id) SELECT id, full_name FROM chain
--> id: employees.id
--> full_name: employees.full_name
--> *: FILTER employees.manager_id; JOIN employees.manager_id employees.id

--# a recursive walk written without RECURSIVE @tsql oracle snowflake
--% unique=employees.id
WITH chain (id, boss, nm) AS (SELECT id, manager_id, full_name FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.manager_id, e.full_name FROM employees e JOIN chain c ON e.manager_id = c.id) SELECT id, boss, nm FROM chain
--> id: employees.id
--> boss: employees.manager_id
--> nm: employees.full_name
--> *: FILTER employees.manager_id; JOIN employees.manager_id employees.id

--# a path built on the way @postgres duckdb snowflake trino
--% unique=employees.id
WITH RECURSIVE chain (id, path) AS (SELECT id, full_name FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, c.path || '/' || e.full_name FROM employees e JOIN chain c ON e.manager_id = c.id) SELECT id, path FROM chain
--> id: employees.id
--> path: employees.full_name; TRANSFORMATION employees.full_name
--> *: FILTER employees.manager_id; JOIN employees.manager_id employees.id

--# a column that wanders between columns on the way needs a fixpoint @postgres duckdb mysql snowflake trino bigquery
--! not executed: rows that form a ring keep it going for ever
--: g(p int, q int, r int, nxt int)
WITH RECURSIVE walk (c1, c2, c3, n) AS (SELECT p, q, r, nxt FROM g UNION ALL SELECT w.c2, w.c3, w.c1, g.nxt FROM g JOIN walk w ON g.p = w.n) SELECT c1, c2, c3 FROM walk
--> c1: g.p g.q g.r
--> c2: g.q g.r g.p
--> c3: g.r g.p g.q
--> *: JOIN g.p g.nxt

--# a counter has no source @postgres duckdb mysql snowflake bigquery trino redshift
WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT i FROM n
--> i:

--# a depth counter beside a column @postgres duckdb snowflake trino
--% unique=employees.id
WITH RECURSIVE c AS (SELECT id, 0 AS depth FROM employees UNION ALL SELECT e.id, c.depth + 1 FROM employees e JOIN c ON e.manager_id = c.id WHERE c.depth < 5) SELECT id, depth FROM c
--> id: employees.id
--> depth:
--> *: JOIN employees.manager_id employees.id

--# a recursive set that removes duplicates @postgres duckdb mysql
WITH RECURSIVE r AS (SELECT a FROM t UNION SELECT u.e FROM u JOIN r ON u.a = r.a) SELECT a FROM r
--> a: t.a u.e
--> *: JOIN u.a t.a u.e; GROUP_BY t.a u.e

--# one made of VALUES @postgres duckdb snowflake trino spark databricks
WITH codes (code, label) AS (VALUES ('a', 'Alpha'), ('b', 'Beta')) SELECT o.id, c.label FROM orders o JOIN codes c ON o.status = c.code
--> id: orders.id
--> label:
--> *: JOIN orders.status
--> from orders

--# a materialised one @postgres duckdb
WITH s AS MATERIALIZED (SELECT a, b FROM t), r AS NOT MATERIALIZED (SELECT e FROM u) SELECT s.a, r.e FROM s, r
--> a: t.a
--> e: u.e

--# a set operation over two of them
WITH l AS (SELECT a AS n FROM t), r AS (SELECT e AS n FROM u) SELECT n FROM l UNION ALL SELECT n FROM r
--> n: t.a u.e

--# a filter in one acts on the rows of the whole
WITH f AS (SELECT a, b FROM t WHERE d = 'x'), g AS (SELECT a, MAX(b) AS m FROM f GROUP BY a) SELECT m FROM g WHERE m > 3
--> m: AGGREGATION t.b
--> *: FILTER t.d t.b; GROUP_BY t.a

--# an expression as a scalar @clickhouse
WITH 10 AS threshold SELECT id FROM orders WHERE amount > threshold
--> id: orders.id
--> *: FILTER orders.amount

--# FROM first @duckdb
WITH s AS (FROM t SELECT a, b) FROM s SELECT b
--> b: t.b

--# FROM alone @duckdb
FROM w
--> k: w.k
--> p: w.p
--> q: w.q

--# the usual staging of a transformation project
WITH source AS (SELECT * FROM orders), renamed AS (SELECT id AS order_id, customer_id, LOWER(status) AS order_status, amount FROM source), final AS (SELECT order_id, customer_id, order_status, amount, CASE WHEN order_status = 'returned' THEN 0 ELSE amount END AS kept FROM renamed) SELECT * FROM final
--> order_id: orders.id
--> customer_id: orders.customer_id
--> order_status: TRANSFORMATION orders.status
--> amount: orders.amount
--> kept: orders.amount; CONDITIONAL orders.status
