--: ev(id int, payload json, tags text[], props map(text, text), items struct(sku text, qty int)[])
--# flatten with path @snowflake
SELECT e.id, f.value:sku::STRING AS sku, f.index AS i FROM ev e, LATERAL FLATTEN(INPUT => e.payload:items, OUTER => TRUE) f WHERE f.value:qty > 1
--> id: ev.id
--> sku: TRANSFORMATION ev.payload
--> i: TRANSFORMATION ev.payload
--> *: JOIN ev.payload; FILTER ev.payload

--# table flatten @snowflake
SELECT f.value AS v FROM TABLE(FLATTEN(INPUT => PARSE_JSON('[1,2]'))) f
--> v:

--# flatten of cte @snowflake
WITH x AS (SELECT id, payload:list AS l FROM ev) SELECT x.id, g.value AS v FROM x, LATERAL FLATTEN(x.l) g
--> id: ev.id
--> v: TRANSFORMATION ev.payload
--> *: JOIN ev.payload

--# bq unnest offset @bigquery
SELECT id, tag, pos FROM ev, UNNEST(tags) AS tag WITH OFFSET AS pos WHERE pos > 0
--> id: ev.id
--> tag: TRANSFORMATION ev.tags
--> pos: TRANSFORMATION ev.tags
--> *: JOIN ev.tags; FILTER ev.tags

--# bq unnest struct fields @bigquery
SELECT id, it.sku, it.qty FROM ev CROSS JOIN UNNEST(items) AS it
--> id: ev.id
--> sku: TRANSFORMATION ev.items
--> qty: TRANSFORMATION ev.items
--> *: JOIN ev.items

--# bq array subquery @bigquery
SELECT id, ARRAY(SELECT x.sku FROM UNNEST(items) AS x WHERE x.qty > 1) AS skus FROM ev
--> id: ev.id
--> skus: TRANSFORMATION ev.items; JOIN ev.items; FILTER ev.items

--# lateral view explode map @hive spark databricks
SELECT id, k, v FROM ev LATERAL VIEW EXPLODE(props) p AS k, v
--> id: ev.id
--> k: TRANSFORMATION ev.props
--> v: TRANSFORMATION ev.props
--> *: JOIN ev.props

--# lateral view outer posexplode @hive spark databricks
SELECT id, pos, tag FROM ev LATERAL VIEW OUTER POSEXPLODE(tags) p AS pos, tag
--> id: ev.id
--> pos: TRANSFORMATION ev.tags
--> tag: TRANSFORMATION ev.tags
--> *: JOIN ev.tags

--# inline @spark hive databricks
SELECT id, sku, qty FROM ev LATERAL VIEW INLINE(items) i AS sku, qty
--> id: ev.id
--> sku: TRANSFORMATION ev.items
--> qty: TRANSFORMATION ev.items
--> *: JOIN ev.items

--# explode in select @spark databricks
SELECT id, EXPLODE(tags) AS tag FROM ev
--> id: ev.id
--> tag: TRANSFORMATION ev.tags
--> *: JOIN ev.tags

--# json_tuple @hive spark
SELECT id, a1, b1 FROM ev LATERAL VIEW JSON_TUPLE(payload, 'a', 'b') j AS a1, b1
--> id: ev.id
--> a1: TRANSFORMATION ev.payload
--> b1: TRANSFORMATION ev.payload
--> *: JOIN ev.payload

--# trino unnest ordinality two @trino
SELECT id, tag, it, n FROM ev CROSS JOIN UNNEST(tags, tags) WITH ORDINALITY AS u (tag, it, n)
--> id: ev.id
--> tag: TRANSFORMATION ev.tags
--> it: TRANSFORMATION ev.tags
--> n: TRANSFORMATION ev.tags
--> *: JOIN ev.tags

--# trino transform lambda @trino spark databricks
SELECT id, TRANSFORM(tags, x -> UPPER(x)) AS up, FILTER(tags, x -> x <> 'a') AS fl FROM ev
--> id: ev.id
--> up: TRANSFORMATION ev.tags
--> fl: TRANSFORMATION ev.tags

--# duckdb list comprehension @duckdb
SELECT id, [upper(x) FOR x IN tags IF x <> 'a'] AS up, list_transform(tags, lambda x: x || 'q') AS l FROM ev
--> id: ev.id
--> up: TRANSFORMATION ev.tags
--> l: TRANSFORMATION ev.tags

--# duckdb unnest recursive @duckdb
SELECT id, UNNEST(tags) AS tag FROM ev
--> id: ev.id
--> tag: TRANSFORMATION ev.tags
--> *: JOIN ev.tags

--# postgres jsonb @postgres
SELECT id, payload -> 'a' ->> 'b' AS b, payload #>> '{x,y}' AS xy, jsonb_path_query_first(payload, '$.z') AS z FROM ev
--> id: ev.id
--> b: TRANSFORMATION ev.payload
--> xy: TRANSFORMATION ev.payload
--> z: TRANSFORMATION ev.payload

--# postgres json_to_recordset @postgres
SELECT e.id, r.sku, r.qty FROM ev e, jsonb_to_recordset(e.payload -> 'items') AS r(sku text, qty int)
--> id: ev.id
--> sku: TRANSFORMATION ev.payload
--> qty: TRANSFORMATION ev.payload
--> *: JOIN ev.payload

--# postgres rows from @postgres
SELECT x, y FROM ev, ROWS FROM (unnest(tags), generate_series(1, id)) AS r(x, y)
--> x: TRANSFORMATION ev.tags
--> y: TRANSFORMATION ev.id
--> *: JOIN ev.tags ev.id

--# mysql json_table @mysql
SELECT e.id, j.sku FROM ev e, JSON_TABLE(e.payload, '$.items[*]' COLUMNS (sku VARCHAR(10) PATH '$.sku', n FOR ORDINALITY, NESTED PATH '$.q[*]' COLUMNS (z INT PATH '$'))) AS j
--> id: ev.id
--> sku: TRANSFORMATION ev.payload
--> *: JOIN ev.payload

--# oracle json_table @oracle
SELECT e.id, j.sku FROM ev e, JSON_TABLE(e.payload, '$.items[*]' COLUMNS (sku VARCHAR2(10) PATH '$.sku')) j
--> id: ev.id
--> sku: TRANSFORMATION ev.payload
--> *: JOIN ev.payload

--# tsql openjson @tsql
SELECT e.id, j.sku FROM ev e CROSS APPLY OPENJSON(e.payload, '$.items') WITH (sku NVARCHAR(10) '$.sku', qty INT) AS j
--> id: ev.id
--> sku: TRANSFORMATION ev.payload
--> *: JOIN ev.payload

--# tsql xml nodes @tsql
SELECT e.id, x.n.value('@a', 'int') AS a FROM ev e CROSS APPLY e.payload.nodes('/r') AS x(n)
--> id: ev.id
--> a: TRANSFORMATION ev.payload
--> *: JOIN ev.payload

--# redshift super @redshift
SELECT e.id, i.sku FROM ev e, e.items AS i
--> id: ev.id
--> sku: TRANSFORMATION ev.items
--> *: JOIN ev.items

--# redshift unpivot @redshift
SELECT e.id, k, v FROM ev e, UNPIVOT e.payload AS v AT k
--> id: ev.id
--> k: TRANSFORMATION ev.payload
--> v: TRANSFORMATION ev.payload
--> *: JOIN ev.payload

--# databricks colon @databricks
SELECT id, payload:items[0].sku::string AS sku, props['k'] AS k FROM ev
--> id: ev.id
--> sku: TRANSFORMATION ev.payload
--> k: TRANSFORMATION ev.props

--# clickhouse tuple access @clickhouse
SELECT id, arrayMap(x -> upper(x), tags) AS up, props['k'] AS k, JSONExtractString(payload, 'a') AS a, arrayJoin(tags) AS tag FROM ev
--> id: ev.id
--> up: TRANSFORMATION ev.tags
--> k: TRANSFORMATION ev.props
--> a: TRANSFORMATION ev.payload
--> tag: TRANSFORMATION ev.tags
--> *: JOIN ev.tags

--# arrays of built structs @bigquery
SELECT q.id, e.b FROM (SELECT id, ARRAY_AGG(STRUCT(amount AS a, status AS b)) AS arr FROM orders GROUP BY id) q, UNNEST(q.arr) AS e
--> id: orders.id
--> b: AGGREGATION orders.status
--> *: GROUP_BY orders.id; JOIN orders.amount orders.status

--# transform with struct @spark
SELECT s.x FROM (SELECT named_struct('x', a, 'y', b) AS s FROM t UNION ALL SELECT named_struct('x', e, 'y', a) AS s FROM u) q
--> x: t.a u.e

--# snowflake object_construct path @snowflake
SELECT o:name::string AS n FROM (SELECT OBJECT_CONSTRUCT('name', name, 'mail', email) AS o FROM customers)
--> n: TRANSFORMATION customers.name

--# pg json_build_object path @postgres
SELECT o ->> 'name' AS n FROM (SELECT json_build_object('name', name, 'mail', email) AS o FROM customers) s
--> n: TRANSFORMATION customers.name

--# pg row_to_json
SELECT row_to_json(s) ->> 'b' AS n FROM (SELECT a, b FROM t) s
--> n: TRANSFORMATION t.b
