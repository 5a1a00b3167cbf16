--# recursive two columns
WITH RECURSIVE h (id, top, depth) AS (SELECT id, full_name, 0 FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, h.top, h.depth + 1 FROM employees e JOIN h ON e.manager_id = h.id) SELECT id, top, depth FROM h
--> id: employees.id
--> top: employees.full_name
--> depth:
--> *: FILTER employees.manager_id; JOIN employees.manager_id employees.id

--# recursive without recursive @tsql oracle snowflake
WITH h (id, top) AS (SELECT id, full_name FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, h.top FROM employees e JOIN h ON e.manager_id = h.id) SELECT id, top FROM h
--> id: employees.id
--> top: employees.full_name
--> *: FILTER employees.manager_id; JOIN employees.manager_id employees.id

--# shadowed by inner
WITH t AS (SELECT a AS k FROM u) SELECT k FROM (WITH t AS (SELECT e AS k FROM u) SELECT k FROM t) x
--> k: u.e

--# cte of its table's name
WITH orders AS (SELECT id, amount * 2 AS amount FROM orders WHERE status = 'x') SELECT amount FROM orders
--> amount: TRANSFORMATION orders.amount
--> *: FILTER orders.status

--# materialized hints @postgres
WITH x AS MATERIALIZED (SELECT a FROM t), y AS NOT MATERIALIZED (SELECT a FROM x) SELECT a FROM y
--> a: t.a

--# dml in cte @postgres
WITH gone AS (DELETE FROM orders WHERE status = 'old' RETURNING id, amount) INSERT INTO t (a, b) SELECT id, amount FROM gone
--> into orders
--> *: FILTER orders.status
--> into t
--> a: orders.id
--> b: orders.amount
--> *: FILTER orders.status

--# insert returning in cte @postgres
WITH ins AS (INSERT INTO t (a, b) SELECT id, amount FROM orders RETURNING a, b) SELECT a FROM ins
--> a: t.a
--> into t
--> a: orders.id
--> b: orders.amount

--# search and cycle @postgres
WITH RECURSIVE h AS (SELECT id, manager_id FROM employees UNION ALL SELECT e.id, e.manager_id FROM employees e JOIN h ON e.manager_id = h.id) SEARCH DEPTH FIRST BY id SET ord CYCLE id SET is_cycle USING path SELECT id FROM h
--> id: employees.id
--> *: JOIN employees.manager_id employees.id

--# mutual nested ctes
WITH a1 AS (SELECT a, b FROM t), b1 AS (SELECT a1.a, u.e FROM a1 JOIN u ON a1.a = u.a), c1 AS (SELECT e, COUNT(*) AS n FROM b1 GROUP BY e) SELECT b1.a, c1.n FROM b1 JOIN c1 ON b1.e = c1.e
--> a: t.a
--> n:
--> *: JOIN t.a u.a u.e; GROUP_BY u.e

--# cte in subquery of where
SELECT a FROM t WHERE b IN (WITH q AS (SELECT e FROM u WHERE f = 'x') SELECT e FROM q)
--> a: t.a
--> *: FILTER t.b u.e u.f

--# connect by @oracle
SELECT id, full_name, LEVEL AS lvl, CONNECT_BY_ROOT full_name AS boss, SYS_CONNECT_BY_PATH(full_name, '/') AS path FROM employees START WITH manager_id IS NULL CONNECT BY PRIOR id = manager_id
--> id: employees.id
--> full_name: employees.full_name
--> lvl:
--> boss: TRANSFORMATION employees.full_name
--> path: TRANSFORMATION employees.full_name
--> *: FILTER employees.manager_id; JOIN employees.id employees.manager_id

--# recursive with union distinct of two anchors @postgres
WITH RECURSIVE g(n, src) AS (SELECT a, d FROM t UNION SELECT e, f FROM u UNION SELECT g.n + 1, g.src FROM g WHERE g.n < 10) SELECT n, src FROM g
--> n: t.a u.e; TRANSFORMATION t.a u.e
--> src: t.d u.f
--> *: GROUP_BY t.a t.d u.e u.f; FILTER t.a u.e

--# clickhouse with scalar @clickhouse
WITH (SELECT max(e) FROM u) AS m, 5 AS five SELECT a, m, five FROM t WHERE b > m
--> a: t.a
--> m: AGGREGATION u.e
--> five:
--> *: FILTER t.b u.e

--# with before insert @snowflake postgres tsql bigquery
INSERT INTO t (a, b) WITH q AS (SELECT a, e FROM u) SELECT a, e FROM q
--> into t
--> a: u.a
--> b: u.e
