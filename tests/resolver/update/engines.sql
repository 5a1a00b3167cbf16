--: tgt(id int, amount int, status text, seen int)
--: src(id int, amount int, status text, extra int)
--% unique=tgt.id,src.id

--# update from alias @postgres redshift snowflake
UPDATE tgt SET amount = s.amount + tgt.seen, status = 'x' FROM src s WHERE s.id = tgt.id AND s.extra > 1
--> into tgt
--> amount: TRANSFORMATION src.amount tgt.seen
--> status:
--> *: FILTER src.id tgt.id src.extra

--# update join mysql @mysql
UPDATE tgt t1 JOIN src s ON t1.id = s.id SET t1.amount = s.amount, t1.status = CONCAT(s.status, t1.status) WHERE s.extra = 1
--> into tgt
--> amount: src.amount
--> status: TRANSFORMATION src.status tgt.status
--> *: JOIN tgt.id src.id; FILTER src.extra

--# update two tables @mysql
UPDATE tgt, src SET tgt.amount = src.amount, src.extra = tgt.seen WHERE tgt.id = src.id
--> into tgt
--> amount: src.amount
--> *: FILTER tgt.id src.id
--> into src
--> extra: tgt.seen
--> *: FILTER tgt.id src.id

--# update tsql from join @tsql
UPDATE t1 SET t1.amount = s.amount FROM tgt AS t1 INNER JOIN src AS s ON s.id = t1.id WHERE s.extra > 0
--> into tgt
--> amount: src.amount
--> *: JOIN src.id tgt.id; FILTER src.extra

--# update correlated subquery
UPDATE tgt SET amount = (SELECT MAX(s.amount) FROM src s WHERE s.id = tgt.id) WHERE EXISTS (SELECT 1 FROM src s2 WHERE s2.id = tgt.id)
--> into tgt
--> amount: AGGREGATION src.amount; FILTER src.id tgt.id
--> *: FILTER src.id tgt.id

--# update tuple oracle @oracle postgres
UPDATE tgt SET (amount, status) = (SELECT s.amount, s.status FROM src s WHERE s.id = tgt.id)
--> into tgt
--> amount: src.amount; FILTER src.id tgt.id
--> status: src.status; FILTER src.id tgt.id

--# bq update from @bigquery
UPDATE tgt t SET amount = s.amount FROM src s WHERE t.id = s.id
--> into tgt
--> amount: src.amount
--> *: FILTER tgt.id src.id

--# ch alter update @clickhouse
ALTER TABLE tgt UPDATE amount = amount + seen WHERE id = 1
--> into tgt
--> amount: TRANSFORMATION tgt.amount tgt.seen
--> *: FILTER tgt.id

--# ch alter delete @clickhouse
ALTER TABLE tgt DELETE WHERE seen = 1
--> into tgt
--> *: FILTER tgt.seen

--# delete using @postgres redshift snowflake
DELETE FROM tgt USING src WHERE tgt.id = src.id AND src.extra = 1
--> into tgt
--> *: FILTER tgt.id src.id src.extra

--# delete join mysql @mysql
DELETE t1 FROM tgt t1 INNER JOIN src s ON t1.id = s.id WHERE s.extra = 1
--> into tgt
--> *: JOIN tgt.id src.id; FILTER src.extra

--# delete tsql from from @tsql
DELETE FROM t1 FROM tgt t1 JOIN src s ON s.id = t1.id
--> into tgt
--> *: JOIN src.id tgt.id

--# insert set @mysql
INSERT INTO tgt SET id = 1, amount = (SELECT MAX(amount) FROM src)
--> into tgt
--> id:
--> amount: AGGREGATION src.amount

--# insert on duplicate alias @mysql
INSERT INTO tgt (id, amount) SELECT id, amount FROM src AS n ON DUPLICATE KEY UPDATE amount = tgt.amount + VALUES(amount)
--> into tgt
--> id: src.id
--> amount: src.amount; TRANSFORMATION src.amount tgt.amount

--# insert row alias @mysql
INSERT INTO tgt (id, amount) VALUES (1, 2) AS n ON DUPLICATE KEY UPDATE amount = n.amount + tgt.amount
--> into tgt
--> id:
--> amount: TRANSFORMATION tgt.amount

--# replace into select @mysql
REPLACE INTO tgt (id, amount) SELECT id, SUM(amount) FROM src GROUP BY id
--> into tgt
--> id: src.id
--> amount: AGGREGATION src.amount
--> *: GROUP_BY src.id

--# insert or replace duckdb @duckdb
INSERT OR REPLACE INTO tgt BY NAME SELECT extra AS seen, id FROM src
--! not executed: columns that are left out are emptied where a row is replaced
--> into tgt
--> seen: src.extra
--> id: src.id

--# on conflict excluded @postgres duckdb
INSERT INTO tgt (id, amount, status) SELECT id, amount, status FROM src ON CONFLICT (id) DO UPDATE SET amount = EXCLUDED.amount, status = COALESCE(EXCLUDED.status, tgt.status) WHERE tgt.seen < 3
--> into tgt
--> id: src.id
--> amount: src.amount
--> status: src.status tgt.status; CONDITIONAL src.status tgt.status
--> *: JOIN tgt.id src.id; FILTER tgt.seen

--# insert overwrite partition @spark hive databricks
INSERT OVERWRITE TABLE tgt PARTITION (seen = 5) SELECT id, amount, status FROM src
--> into tgt
--> id: src.id
--> amount: src.amount
--> status: src.status
--> seen:

--# insert replace where @databricks
INSERT INTO tgt REPLACE WHERE seen = 1 SELECT id, amount, status, extra FROM src
--> into tgt
--> id: src.id
--> amount: src.amount
--> status: src.status
--> seen: src.extra

--# insert all @snowflake oracle
INSERT ALL WHEN extra > 5 THEN INTO tgt (id, amount) VALUES (id, amount) ELSE INTO t (a) VALUES (id) SELECT id, amount, extra FROM src
--> into tgt
--> id: src.id
--> amount: src.amount
--> *: FILTER src.extra
--> into t
--> a: src.id
--> *: FILTER src.extra

--# hive multi insert @hive spark
FROM src s INSERT INTO TABLE tgt SELECT s.id, s.amount, s.status, s.extra INSERT OVERWRITE TABLE t SELECT s.id, s.extra, s.amount, s.status WHERE s.extra > 1
--> into tgt
--> id: src.id
--> amount: src.amount
--> status: src.status
--> seen: src.extra
--> into t
--> a: src.id
--> b: src.extra
--> c: src.amount
--> d: src.status
--> *: FILTER src.extra

--# insert default values @postgres tsql
INSERT INTO tgt DEFAULT VALUES
--> into tgt

--# insert returning into star @postgres
INSERT INTO tgt SELECT s.*, 1 FROM (SELECT id, amount, status FROM src) s RETURNING *
--> into tgt
--> id: src.id
--> amount: src.amount
--> status: src.status
--> seen:

--# merge delta star @databricks spark
MERGE INTO tgt USING (SELECT id, amount, status, extra AS seen FROM src) s ON tgt.id = s.id WHEN MATCHED AND s.seen > tgt.seen THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *
--> into tgt
--> id: src.id
--> amount: src.amount
--> status: src.status
--> seen: src.extra
--> *: JOIN tgt.id src.id; FILTER src.extra tgt.seen

--# merge not matched by source @databricks tsql bigquery
MERGE INTO tgt USING src ON tgt.id = src.id WHEN NOT MATCHED BY SOURCE AND tgt.seen > 3 THEN UPDATE SET status = 'gone' WHEN MATCHED THEN UPDATE SET amount = src.amount
--> into tgt
--> status:
--> amount: src.amount
--> *: JOIN tgt.id src.id; FILTER tgt.seen

--# merge insert row @bigquery
MERGE tgt USING (SELECT id, amount, status, extra FROM src) s ON FALSE WHEN NOT MATCHED THEN INSERT ROW
--> into tgt
--> id: src.id
--> amount: src.amount
--> status: src.status
--> seen: src.extra

--# merge oracle where delete @oracle
MERGE INTO tgt USING src ON (tgt.id = src.id) WHEN MATCHED THEN UPDATE SET tgt.amount = src.amount WHERE src.extra > 1 DELETE WHERE tgt.seen > 5 WHEN NOT MATCHED THEN INSERT (tgt.id, tgt.amount) VALUES (src.id, src.amount) WHERE src.extra > 2
--> into tgt
--> id: src.id
--> amount: src.amount
--> *: JOIN tgt.id src.id; FILTER src.extra tgt.seen

--# merge output @tsql
MERGE tgt AS t1 USING src AS s ON t1.id = s.id WHEN MATCHED THEN UPDATE SET amount = s.amount OUTPUT $action, inserted.id, deleted.amount INTO t (d, a, b);
--> into tgt
--> amount: src.amount
--> *: JOIN tgt.id src.id
--> into t
--> d:
--> a: tgt.id
--> b: tgt.amount
--> *: JOIN tgt.id src.id

--# merge with values @snowflake postgres tsql
MERGE INTO tgt USING (VALUES (1, 2)) AS s (id, amount) ON tgt.id = s.id WHEN MATCHED THEN UPDATE SET amount = s.amount
--> into tgt
--> amount:
--> *: JOIN tgt.id

--# merge do nothing @postgres
MERGE INTO tgt USING src ON tgt.id = src.id WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED THEN INSERT VALUES (src.id, src.amount, src.status, src.extra)
--> into tgt
--> id: src.id
--> amount: src.amount
--> status: src.status
--> seen: src.extra
--> *: JOIN tgt.id src.id

--# merge dual @oracle
MERGE INTO tgt USING DUAL ON (tgt.id = :1) WHEN MATCHED THEN UPDATE SET amount = :2 WHEN NOT MATCHED THEN INSERT (id, amount) VALUES (:1, :2)
--> into tgt
--> id:
--> amount:
--> *: JOIN tgt.id

--# snowflake insert overwrite @snowflake
INSERT OVERWRITE INTO tgt (id, status) SELECT id, UPPER(status) FROM src
--> into tgt
--> id: src.id
--> status: TRANSFORMATION src.status

--# truncate insert @redshift snowflake
TRUNCATE TABLE tgt; INSERT INTO tgt (id) SELECT id FROM src
--> into tgt
--> id: src.id

--# select into temp and read @tsql
SELECT id, amount INTO #x FROM src WHERE extra > 1; INSERT INTO tgt (id, amount) SELECT id, amount FROM #x
--> into #x
--> id: src.id
--> amount: src.amount
--> *: FILTER src.extra
--> into tgt
--> id: src.id
--> amount: src.amount
--> *: FILTER src.extra
