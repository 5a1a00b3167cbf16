--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
--: carts(id int, lines array<struct<sku string, qty int>>)

--# a member of a struct that the schema lists @bigquery spark databricks trino duckdb hive
SELECT address.city FROM people
--> city: people::address.city

--# a member of a struct with its table @bigquery spark databricks trino duckdb
SELECT p.address.city AS town FROM people p
--> town: people::address.city

--# a struct as a whole @bigquery spark databricks trino duckdb
SELECT address FROM people
--> address: people.address

--# a member in a filter @bigquery spark databricks duckdb trino
SELECT id FROM people WHERE address.zip = '1000'
--> id: people.id
--> *: FILTER people::address.zip

--# a composite in parentheses @postgres
SELECT (p.address).city AS town FROM people p
--> town: people::address.city

--# an element of an array @postgres trino duckdb spark databricks bigquery clickhouse
--! not executed: BigQuery wants an OFFSET; the reading is the same
SELECT id, scores[1] AS first_score FROM people
--> id: people.id
--> first_score: TRANSFORMATION people.scores

--# an element of an array by offset @bigquery
SELECT scores[OFFSET(0)] AS s, scores[SAFE_ORDINAL(2)] AS s2 FROM people
--> s: TRANSFORMATION people.scores
--> s2: TRANSFORMATION people.scores

--# an element at a column's place @postgres trino duckdb spark databricks
SELECT scores[id] AS s FROM people
--> s: TRANSFORMATION people.scores people.id

--# a value of a map @trino spark databricks duckdb clickhouse
SELECT attrs['colour'] AS colour FROM people
--> colour: TRANSFORMATION people.attrs

--# a path into JSON by arrows @postgres mysql duckdb
SELECT doc -> 'user' ->> 'name' AS n FROM people
--! not executed: MySQL wants paths that begin with a dollar sign; the reading is the same
--> n: TRANSFORMATION people.doc

--# a path into a variant @snowflake databricks
SELECT doc:user.name AS n, doc:items[0].sku::string AS sku FROM people
--> n: TRANSFORMATION people.doc
--> sku: TRANSFORMATION people.doc

--# a path into a variant with its table @snowflake
SELECT p.doc:user:name::varchar AS n FROM people p
--> n: TRANSFORMATION people.doc

--# a JSON function @mysql bigquery duckdb tsql spark databricks
--! not executed: each engine has its own name for it; the reading is the same
SELECT JSON_EXTRACT(doc, '$.user.name') AS n FROM people
--> n: TRANSFORMATION people.doc

--# JSON_VALUE @bigquery tsql oracle mysql
SELECT JSON_VALUE(doc, '$.user.name') AS n FROM people
--> n: TRANSFORMATION people.doc

--# get_json_object @spark hive databricks
SELECT GET_JSON_OBJECT(doc, '$.a') AS a FROM people
--> a: TRANSFORMATION people.doc

--# parsed JSON @snowflake
SELECT PARSE_JSON(doc):a.b AS b, GET_PATH(doc, 'x.y') AS y FROM people
--> b: TRANSFORMATION people.doc
--> y: TRANSFORMATION people.doc

--# a struct is built @bigquery spark databricks
SELECT STRUCT(id AS n, tags AS t) AS s FROM people
--> s: TRANSFORMATION people.id people.tags

--# a struct is built in braces @duckdb
SELECT {'n': id, 't': tags} AS s FROM people
--> s: TRANSFORMATION people.id people.tags

--# an object is built @snowflake
SELECT OBJECT_CONSTRUCT('n', id, 't', tags) AS o, ARRAY_CONSTRUCT(id, 1) AS a FROM people
--> o: TRANSFORMATION people.id people.tags
--> a: TRANSFORMATION people.id

--# an array is built @postgres duckdb trino bigquery
SELECT ARRAY[a, b] AS ab FROM t
--> ab: TRANSFORMATION t.a t.b

--# a row is built @trino
SELECT ROW(a, d) AS r FROM t
--> r: TRANSFORMATION t.a t.d

--# a member of a struct built in a subquery @bigquery spark databricks duckdb
SELECT s.pair.n AS n FROM (SELECT STRUCT(id AS n, tags AS t) AS pair FROM people) s
--! not executed: DuckDB builds structs by braces
--> n: people.id

--# a member of a struct that the schema does not list @bigquery spark databricks duckdb trino
--: boxes(id int, body struct(w int))
SELECT body.w FROM boxes
--> w: TRANSFORMATION boxes.body

--# a struct's members all at once @bigquery
SELECT p.id, p.address.* FROM people p
--> id: people.id
--> city: people::address.city
--> zip: people::address.zip

--# a struct unpacked @duckdb
SELECT id, address.* FROM people
--> id: people.id
--> city: people::address.city
--> zip: people::address.zip

--# unnest a column beside its table @bigquery
SELECT p.id, tag FROM people p, UNNEST(p.tags) AS tag
--> id: people.id
--> tag: TRANSFORMATION people.tags
--> *: JOIN people.tags

--# unnest with an offset @bigquery
SELECT p.id, tag, pos FROM people p CROSS JOIN UNNEST(p.tags) AS tag WITH OFFSET AS pos
--> id: people.id
--> tag: TRANSFORMATION people.tags
--> pos: TRANSFORMATION people.tags
--> *: JOIN people.tags

--# a correlated path as a table @bigquery
SELECT p.id, tag FROM people p, p.tags AS tag
--> id: people.id
--> tag: TRANSFORMATION people.tags
--> *: JOIN people.tags

--# unnest of structs @bigquery
SELECT c.id, l.sku, l.qty FROM carts c, UNNEST(c.lines) AS l
--> id: carts.id
--> sku: TRANSFORMATION carts.lines
--> qty: TRANSFORMATION carts.lines
--> *: JOIN carts.lines

--# unnest with a column alias @trino postgres duckdb
SELECT p.id, x.tag FROM people p CROSS JOIN UNNEST(p.tags) AS x (tag)
--> id: people.id
--> tag: TRANSFORMATION people.tags
--> *: JOIN people.tags

--# unnest of two arrays with ordinality @trino postgres
SELECT p.id, x.tag, x.score, x.n FROM people p CROSS JOIN UNNEST(p.tags, p.scores) WITH ORDINALITY AS x (tag, score, n)
--> id: people.id
--> tag: TRANSFORMATION people.tags
--> score: TRANSFORMATION people.scores
--> n: TRANSFORMATION people.tags people.scores
--> *: JOIN people.tags people.scores

--# unnest of a map @trino
SELECT p.id, m.key, m.val FROM people p CROSS JOIN UNNEST(p.attrs) AS m (key, val)
--> id: people.id
--> key: TRANSFORMATION people.attrs
--> val: TRANSFORMATION people.attrs
--> *: JOIN people.attrs

--# unnest in the select list @postgres duckdb
SELECT id, unnest(tags) AS tag FROM people
--> id: people.id
--> tag: TRANSFORMATION people.tags
--> *: JOIN people.tags

--# explode in the select list @spark databricks hive
SELECT id, EXPLODE(tags) AS tag FROM people
--> id: people.id
--> tag: TRANSFORMATION people.tags
--> *: JOIN people.tags

--# explode by a lateral view @spark databricks hive
SELECT p.id, x.tag FROM people p LATERAL VIEW EXPLODE(p.tags) x AS tag
--> id: people.id
--> tag: TRANSFORMATION people.tags
--> *: JOIN people.tags

--# an outer lateral view with positions @spark databricks hive
SELECT p.id, x.pos, x.tag FROM people p LATERAL VIEW OUTER POSEXPLODE(p.tags) x AS pos, tag
--> id: people.id
--> pos: TRANSFORMATION people.tags
--> tag: TRANSFORMATION people.tags
--> *: JOIN people.tags

--# a lateral view over a map @spark databricks hive
SELECT p.id, k, v FROM people p LATERAL VIEW EXPLODE(attrs) m AS k, v
--> id: people.id
--> k: TRANSFORMATION people.attrs
--> v: TRANSFORMATION people.attrs
--> *: JOIN people.attrs

--# two lateral views @spark databricks hive
SELECT id, tag, score FROM people LATERAL VIEW EXPLODE(tags) x AS tag LATERAL VIEW EXPLODE(scores) y AS score
--> id: people.id
--> tag: TRANSFORMATION people.tags
--> score: TRANSFORMATION people.scores
--> *: JOIN people.tags people.scores

--# flatten @snowflake
SELECT p.id, f.value AS tag, f.index AS pos FROM people p, LATERAL FLATTEN(input => p.tags) f
--> id: people.id
--> tag: TRANSFORMATION people.tags
--> pos: TRANSFORMATION people.tags
--> *: JOIN people.tags

--# flatten a path of a variant @snowflake
SELECT p.id, f.value:sku::string AS sku FROM people p, LATERAL FLATTEN(input => p.doc:items, outer => true) f
--> id: people.id
--> sku: TRANSFORMATION people.doc
--> *: JOIN people.doc

--# flatten by TABLE @snowflake
SELECT p.id, f.key, f.value FROM people p, TABLE(FLATTEN(p.doc)) f
--> id: people.id
--> key: TRANSFORMATION people.doc
--> value: TRANSFORMATION people.doc
--> *: JOIN people.doc

--# flatten of a flatten @snowflake
SELECT p.id, g.value AS leaf FROM people p, LATERAL FLATTEN(input => p.doc:a) f, LATERAL FLATTEN(input => f.value:b) g
--> id: people.id
--> leaf: TRANSFORMATION people.doc
--> *: JOIN people.doc

--# split to a table @snowflake
SELECT p.id, s.value AS word FROM people p, LATERAL SPLIT_TO_TABLE(p.tags, ',') s
--> id: people.id
--> word: TRANSFORMATION people.tags
--> *: JOIN people.tags

--# string_split @tsql
SELECT c.id, s.value AS word FROM customers c CROSS APPLY STRING_SPLIT(c.name, ' ') s
--> id: customers.id
--> word: TRANSFORMATION customers.name
--> *: JOIN customers.name

--# OPENJSON with columns @tsql
SELECT p.id, j.sku, j.qty FROM people p CROSS APPLY OPENJSON(p.doc) WITH (sku VARCHAR(10) '$.sku', qty INT '$.qty') j
--> id: people.id
--> sku: TRANSFORMATION people.doc
--> qty: TRANSFORMATION people.doc
--> *: JOIN people.doc

--# JSON_TABLE @mysql oracle
SELECT p.id, j.sku FROM people p, JSON_TABLE(p.doc, '$[*]' COLUMNS (sku VARCHAR(10) PATH '$.sku')) j
--> id: people.id
--> sku: TRANSFORMATION people.doc
--> *: JOIN people.doc

--# a JSON set in a lateral @postgres
SELECT p.id, e.value ->> 'sku' AS sku FROM people p CROSS JOIN LATERAL jsonb_array_elements(p.doc -> 'items') AS e(value)
--> id: people.id
--> sku: TRANSFORMATION people.doc
--> *: JOIN people.doc

--# keys and values of JSON @postgres
SELECT p.id, kv.key, kv.value FROM people p, jsonb_each_text(p.doc) AS kv(key, value)
--> id: people.id
--> key: TRANSFORMATION people.doc
--> value: TRANSFORMATION people.doc
--> *: JOIN people.doc

--# records from JSON with types @postgres
SELECT p.id, r.sku, r.qty FROM people p, jsonb_to_recordset(p.doc) AS r(sku text, qty int)
--> id: people.id
--> sku: TRANSFORMATION people.doc
--> qty: TRANSFORMATION people.doc
--> *: JOIN people.doc

--# an unnest whose values nobody reads still multiplies rows @bigquery
SELECT p.id FROM people p, UNNEST(p.tags) AS tag
--> id: people.id
--> *: JOIN people.tags

--# an unnest of constants @bigquery
SELECT x FROM UNNEST([1, 2, 3]) AS x
--> x:

--# an unnest of constants with a table @trino postgres duckdb
SELECT o.id, n FROM orders o CROSS JOIN UNNEST(ARRAY[1, 2, 3]) AS s (n)
--> id: orders.id
--> n:

--# an array transformed by a lambda @spark databricks trino duckdb
SELECT id, transform(scores, s -> s + 1) AS up FROM people
--! not executed: DuckDB calls it list_transform
--> id: people.id
--> up: TRANSFORMATION people.scores

--# a lambda that reads a column too @spark databricks trino
SELECT id, filter(scores, s -> s > id) AS high FROM people
--> id: people.id
--> high: TRANSFORMATION people.scores people.id

--# a list comprehension @duckdb
SELECT id, [s * 2 FOR s IN scores IF s > id] AS twice FROM people
--> id: people.id
--> twice: TRANSFORMATION people.scores people.id

--# an exists over an unnest @bigquery
SELECT id FROM people WHERE EXISTS (SELECT 1 FROM UNNEST(tags) AS tag WHERE tag = 'x')
--> id: people.id
--> *: FILTER people.tags

--# an in over an unnest @bigquery
SELECT id FROM people WHERE 'x' IN UNNEST(tags)
--> id: people.id
--> *: FILTER people.tags

--# an array from a subquery over an unnest @bigquery
SELECT id, ARRAY(SELECT t FROM UNNEST(tags) AS t WHERE t <> 'x') AS kept FROM people
--> id: people.id
--> kept: TRANSFORMATION people.tags; FILTER people.tags; JOIN people.tags

--# an array aggregated over its unnest @duckdb postgres
SELECT p.id, (SELECT MAX(x.s) FROM UNNEST(p.scores) AS x (s)) AS best FROM people p
--> id: people.id
--> best: AGGREGATION people.scores; JOIN people.scores
