--@ ansi snowflake bigquery databricks tsql oracle postgres duckdb redshift
--: tgt(id int, amount int, status text, seen int)
--: src(id int, amount int, status text, extra int)
--% unique=tgt.id,src.id,delta_rows.rid,twin.id

--# update and insert
MERGE INTO tgt USING src ON tgt.id = src.id WHEN MATCHED THEN UPDATE SET amount = src.amount WHEN NOT MATCHED THEN INSERT (id, amount) VALUES (src.id, src.amount)
--> into tgt
--> amount: src.amount
--> id: src.id
--> *: JOIN tgt.id src.id

--# aliases
MERGE INTO tgt AS t1 USING src AS s1 ON t1.id = s1.id WHEN MATCHED THEN UPDATE SET status = s1.status, amount = s1.amount + s1.extra
--> into tgt
--> status: src.status
--> amount: TRANSFORMATION src.amount src.extra
--> *: JOIN tgt.id src.id

--# an alias on the left of the assignment @databricks snowflake oracle spark
MERGE INTO tgt t1 USING src s1 ON (t1.id = s1.id) WHEN MATCHED THEN UPDATE SET t1.status = s1.status
--> into tgt
--> status: src.status
--> *: JOIN tgt.id src.id

--# the old value takes part
MERGE INTO tgt USING src ON tgt.id = src.id WHEN MATCHED THEN UPDATE SET amount = tgt.amount + src.amount
--> into tgt
--> amount: TRANSFORMATION tgt.amount src.amount
--> *: JOIN tgt.id src.id

--# a condition of a branch filters @ansi snowflake bigquery databricks tsql postgres duckdb
MERGE INTO tgt USING src ON tgt.id = src.id WHEN MATCHED AND src.extra > 0 THEN UPDATE SET amount = src.amount WHEN NOT MATCHED AND src.status = 'new' THEN INSERT (id, status) VALUES (src.id, src.status)
--> into tgt
--> amount: src.amount
--> id: src.id
--> status: src.status
--> *: JOIN tgt.id src.id; FILTER src.extra src.status

--# a branch that deletes @ansi snowflake bigquery databricks tsql postgres duckdb
MERGE INTO tgt USING src ON tgt.id = src.id WHEN MATCHED AND src.status = 'gone' THEN DELETE WHEN MATCHED THEN UPDATE SET status = src.status
--> into tgt
--> status: src.status
--> *: JOIN tgt.id src.id; FILTER src.status

--# a subquery as source
MERGE INTO tgt USING (SELECT customer_id AS id, SUM(amount) AS total FROM orders WHERE status = 'paid' GROUP BY customer_id) s ON tgt.id = s.id WHEN MATCHED THEN UPDATE SET amount = s.total WHEN NOT MATCHED THEN INSERT (id, amount) VALUES (s.id, s.total)
--> into tgt
--> amount: AGGREGATION orders.amount
--> id: orders.customer_id
--> *: JOIN tgt.id orders.customer_id; FILTER orders.status; GROUP_BY orders.customer_id

--# a source deduplicated by a row number @snowflake bigquery databricks duckdb
MERGE INTO tgt USING (SELECT id, amount FROM src QUALIFY ROW_NUMBER() OVER (PARTITION BY id ORDER BY extra DESC) = 1) s ON tgt.id = s.id WHEN MATCHED THEN UPDATE SET amount = s.amount
--> into tgt
--> amount: src.amount
--> *: JOIN tgt.id src.id; FILTER src.id src.extra

--# a common table expression before it @tsql postgres duckdb
WITH s AS (SELECT id, amount * 2 AS twice FROM src) MERGE INTO tgt USING s ON tgt.id = s.id WHEN MATCHED THEN UPDATE SET amount = s.twice
--> into tgt
--> amount: TRANSFORMATION src.amount
--> *: JOIN tgt.id src.id

--# all columns by star @databricks spark
--: twin(id int, amount int, status text, seen int)
MERGE INTO tgt USING twin ON tgt.id = twin.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *
--> into tgt
--> id: twin.id
--> amount: twin.amount
--> status: twin.status
--> seen: twin.seen
--> *: JOIN tgt.id twin.id

--# all columns by star from a subquery @databricks spark
MERGE INTO tgt USING (SELECT id, amount + extra AS amount, status, extra AS seen FROM src) s ON tgt.id = s.id WHEN NOT MATCHED THEN INSERT *
--> into tgt
--> id: src.id
--> amount: TRANSFORMATION src.amount src.extra
--> status: src.status
--> seen: src.extra
--> *: JOIN tgt.id src.id

--# insert row @bigquery
--: twin(id int, amount int, status text, seen int)
MERGE INTO tgt USING twin ON tgt.id = twin.id WHEN NOT MATCHED THEN INSERT ROW
--> into tgt
--> id: twin.id
--> amount: twin.amount
--> status: twin.status
--> seen: twin.seen
--> *: JOIN tgt.id twin.id

--# rows not matched by the source @tsql bigquery databricks
MERGE INTO tgt USING src ON tgt.id = src.id WHEN NOT MATCHED BY SOURCE AND tgt.seen > 3 THEN DELETE WHEN MATCHED THEN UPDATE SET amount = src.amount
--> into tgt
--> amount: src.amount
--> *: JOIN tgt.id src.id; FILTER tgt.seen

--# update rows that the source lacks @tsql bigquery databricks
MERGE INTO tgt USING src ON tgt.id = src.id WHEN NOT MATCHED BY SOURCE THEN UPDATE SET seen = tgt.seen + 1
--> into tgt
--> seen: TRANSFORMATION tgt.seen
--> *: JOIN tgt.id src.id

--# values without a column list @snowflake bigquery databricks postgres duckdb tsql
--: pair(k int, val int)
MERGE INTO pair USING src ON pair.k = src.id WHEN NOT MATCHED THEN INSERT VALUES (src.id, src.amount)
--> into pair
--> k: src.id
--> val: src.amount
--> *: JOIN pair.k src.id

--# constants have no source
MERGE INTO tgt USING src ON tgt.id = src.id WHEN MATCHED THEN UPDATE SET status = 'seen', seen = 1
--> into tgt
--> status:
--> seen:
--> *: JOIN tgt.id src.id

--# a condition beside the key in the ON clause
MERGE INTO tgt USING src ON tgt.id = src.id AND src.extra > tgt.seen WHEN MATCHED THEN UPDATE SET amount = src.amount
--> into tgt
--> amount: src.amount
--> *: JOIN tgt.id src.id src.extra tgt.seen

--# a case as the new value
MERGE INTO tgt USING src ON tgt.id = src.id WHEN MATCHED THEN UPDATE SET amount = CASE WHEN src.extra > 0 THEN src.amount ELSE tgt.amount END
--> into tgt
--> amount: src.amount tgt.amount; CONDITIONAL src.extra
--> *: JOIN tgt.id src.id

--# unqualified right sides bind by schema
--: delta_rows(rid int, fresh int)
MERGE INTO tgt USING delta_rows ON tgt.id = delta_rows.rid WHEN MATCHED THEN UPDATE SET amount = fresh
--> into tgt
--> amount: delta_rows.fresh
--> *: JOIN tgt.id delta_rows.rid

--# a slowly changing dimension @snowflake databricks bigquery tsql
--: dim(id int, name text, valid_to date, current_row int)
MERGE INTO dim d USING (SELECT id, name, id AS merge_key FROM customers UNION ALL SELECT c.id, c.name, NULL FROM customers c JOIN dim x ON x.id = c.id WHERE x.name <> c.name) s ON d.id = s.merge_key WHEN MATCHED AND d.name <> s.name THEN UPDATE SET current_row = 0 WHEN NOT MATCHED THEN INSERT (id, name, current_row) VALUES (s.id, s.name, 1)
--> into dim
--> current_row:
--> id: customers.id
--> name: customers.name
--> *: JOIN dim.id customers.id; FILTER dim.name customers.name

--# an oracle merge with filters on its branches @oracle
MERGE INTO tgt USING src ON (tgt.id = src.id) WHEN MATCHED THEN UPDATE SET tgt.amount = src.amount WHERE src.extra > 0 WHEN NOT MATCHED THEN INSERT (id, amount) VALUES (src.id, src.amount) WHERE src.status = 'new'
--> into tgt
--> amount: src.amount
--> id: src.id
--> *: JOIN tgt.id src.id; FILTER src.extra src.status

--# a target of unknown schema
MERGE INTO somewhere s1 USING src ON s1.id = src.id WHEN MATCHED THEN UPDATE SET v1 = src.amount WHEN NOT MATCHED THEN INSERT (id, v1) VALUES (src.id, src.amount)
--> into somewhere
--> v1: src.amount
--> id: src.id
--> *: JOIN somewhere.id~qualified src.id

--# do nothing @postgres duckdb
MERGE INTO tgt USING src ON tgt.id = src.id WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED THEN INSERT (id) VALUES (src.id)
--> into tgt
--> id: src.id
--> *: JOIN tgt.id src.id

--# an aggregate subquery as a value @snowflake databricks tsql
MERGE INTO tgt USING src ON tgt.id = src.id WHEN MATCHED THEN UPDATE SET amount = (SELECT MAX(price) FROM products)
--> into tgt
--> amount: AGGREGATION products.price
--> *: JOIN tgt.id src.id
