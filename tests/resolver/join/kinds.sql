--# natural chain @postgres
SELECT * FROM t NATURAL JOIN u NATURAL LEFT JOIN (SELECT a, 1 AS z FROM t) s
--> a: t.a
--> b: t.b
--> c: t.c
--> d: t.d
--> e: u.e
--> f: u.f
--> z:
--> *: JOIN t.a u.a

--# unqualified using in select @postgres
SELECT a FROM t RIGHT JOIN u USING (a)
--> a: u.a
--> *: JOIN t.a u.a

--# semi join @spark databricks hive
SELECT t.b FROM t LEFT SEMI JOIN u ON t.a = u.a
--> b: t.b
--> *: JOIN t.a u.a

--# any join @clickhouse
SELECT t.b, u.e FROM t ANY LEFT JOIN u ON t.a = u.a
--> b: t.b
--> e: u.e
--> *: JOIN t.a u.a

--# asof @clickhouse
SELECT t.b, u.e FROM t ASOF JOIN u ON t.a = u.a AND t.b >= u.e
--> b: t.b
--> e: u.e
--> *: JOIN t.a u.a t.b u.e

--# asof duckdb @duckdb
SELECT t.b, u.f FROM t ASOF JOIN u ON t.a = u.a AND t.b >= u.e
--> b: t.b
--> f: u.f
--> *: JOIN t.a u.a t.b u.e

--# asof snowflake @snowflake
SELECT t.b, u.f FROM t ASOF JOIN u MATCH_CONDITION (t.b >= u.e) ON t.a = u.a
--> b: t.b
--> f: u.f
--> *: JOIN t.a u.a t.b u.e

--# cross apply of a correlated query @tsql oracle
SELECT t.a, x.m FROM t CROSS APPLY (SELECT MAX(u.e) AS m FROM u WHERE u.a = t.a) x
--> a: t.a
--> m: AGGREGATION u.e
--> *: FILTER u.a t.a

--# outer apply function @tsql
SELECT t.a, s.value FROM t OUTER APPLY STRING_SPLIT(t.d, ',') s
--> a: t.a
--> value: TRANSFORMATION t.d
--> *: JOIN t.d

--# lateral @postgres mysql snowflake trino
SELECT t.a, x.m FROM t CROSS JOIN LATERAL (SELECT MAX(u.e) AS m FROM u WHERE u.a = t.a) x
--> a: t.a
--> m: AGGREGATION u.e
--> *: FILTER u.a t.a

--# left join lateral on true @postgres
SELECT t.a, x.e FROM t LEFT JOIN LATERAL (SELECT e FROM u WHERE u.a = t.a ORDER BY f LIMIT 1) x ON true
--> a: t.a
--> e: u.e
--> *: FILTER u.a t.a; SORT u.f

--# old outer join @oracle
SELECT t.b, u.e FROM t, u WHERE t.a = u.a (+)
--> b: t.b
--> e: u.e
--> *: FILTER t.a u.a

--# comma then join @mysql postgres
SELECT t.b, u.e, v.z FROM t, u JOIN v ON u.e = v.k WHERE t.a = u.a
--> b: t.b
--> e: u.e
--> z: v.z
--> *: JOIN u.e v.k; FILTER t.a u.a

--# straight join @mysql
SELECT t.b, u.e FROM t STRAIGHT_JOIN u ON t.a = u.a
--> b: t.b
--> e: u.e
--> *: JOIN t.a u.a

--# join hint @tsql
SELECT t.b, u.e FROM t INNER HASH JOIN u WITH (NOLOCK) ON t.a = u.a OPTION (MAXDOP 1)
--> b: t.b
--> e: u.e
--> *: JOIN t.a u.a

--# nested join parentheses
SELECT t.b, v.z FROM t LEFT JOIN (u INNER JOIN v ON u.e = v.k) ON t.a = u.a
--> b: t.b
--> z: v.z
--> *: JOIN t.a u.a u.e v.k

--# array join @clickhouse
--: arrs(id int, tags Array(String), nums Array(Int))
SELECT id, tag, n FROM arrs ARRAY JOIN tags AS tag, nums AS n
--> id: arrs.id
--> tag: TRANSFORMATION arrs.tags
--> n: TRANSFORMATION arrs.nums
--> *: JOIN arrs.tags arrs.nums

--# global in @clickhouse
SELECT a FROM t WHERE a GLOBAL IN (SELECT a FROM u WHERE e > 1)
--> a: t.a
--> *: FILTER t.a u.a u.e

--# paste/positional @duckdb
SELECT t.a, u.e FROM t POSITIONAL JOIN u
--> a: t.a
--> e: u.e

--# mysql using and group
SELECT c.country, COUNT(*) AS n FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.country HAVING COUNT(*) > 1 AND MAX(o.amount) > 5
--> country: customers.country
--> n:
--> *: JOIN orders.customer_id customers.id; GROUP_BY customers.country; FILTER orders.amount

--# partition outer join @oracle
SELECT t.b, u.e FROM t PARTITION BY (t.b) RIGHT OUTER JOIN u ON t.a = u.a
--> b: t.b
--> e: u.e
--> *: JOIN t.a u.a
