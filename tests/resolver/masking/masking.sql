--# md5 @postgres mysql snowflake bigquery redshift spark hive trino duckdb databricks clickhouse
SELECT MD5(email) AS key FROM customers
--! not executed: ClickHouse spells it MD5 and gives bytes; the reading is the same
--> key: TRANSFORMATION masked customers.email

--# sha family @mysql spark databricks hive redshift
SELECT SHA1(email) AS s1, SHA2(email, 256) AS s2 FROM customers
--> s1: TRANSFORMATION masked customers.email
--> s2: TRANSFORMATION masked customers.email

--# sha2 in Snowflake @snowflake
SELECT SHA2(email) AS s2, SHA2_HEX(email, 256) AS s3, HASH(name, email) AS h FROM customers
--> s2: TRANSFORMATION masked customers.email
--> s3: TRANSFORMATION masked customers.email
--> h: TRANSFORMATION masked customers.name customers.email

--# sha256 @bigquery trino duckdb
SELECT SHA256(email) AS s FROM customers
--! not executed: Trino takes bytes; the reading is the same
--> s: TRANSFORMATION masked customers.email

--# fingerprints @bigquery
SELECT FARM_FINGERPRINT(email) AS f, TO_HEX(SHA512(email)) AS h FROM customers
--> f: TRANSFORMATION masked customers.email
--> h: TRANSFORMATION masked customers.email

--# a hash in bytes @tsql
SELECT HASHBYTES('SHA2_256', email) AS h, CHECKSUM(name) AS c FROM customers
--> h: TRANSFORMATION masked customers.email
--> c: TRANSFORMATION masked customers.name

--# a digest of pgcrypto @postgres
SELECT ENCODE(DIGEST(email, 'sha256'), 'hex') AS h FROM customers
--> h: TRANSFORMATION masked customers.email

--# a standard hash @oracle
SELECT STANDARD_HASH(email, 'SHA256') AS h, ORA_HASH(name) AS o FROM customers
--> h: TRANSFORMATION masked customers.email
--> o: TRANSFORMATION masked customers.name

--# xxhash and crc @spark databricks
SELECT XXHASH64(email) AS x, CRC32(email) AS c, HASH(name) AS h FROM customers
--> x: TRANSFORMATION masked customers.email
--> c: TRANSFORMATION masked customers.email
--> h: TRANSFORMATION masked customers.name

--# hashes of ClickHouse @clickhouse
SELECT sipHash64(email) AS s, cityHash64(name, country) AS c FROM customers
--> s: TRANSFORMATION masked customers.email
--> c: TRANSFORMATION masked customers.name customers.country

--# a mask function @databricks spark hive
SELECT MASK(email) AS m FROM customers
--> m: TRANSFORMATION masked customers.email

--# encryption @mysql spark databricks
SELECT AES_ENCRYPT(email, 'k') AS e FROM customers
--> e: TRANSFORMATION masked customers.email

--# encryption in Snowflake @snowflake
SELECT ENCRYPT(email, 'k') AS e FROM customers
--> e: TRANSFORMATION masked customers.email

--# a masked part of an expression @postgres mysql spark duckdb snowflake
SELECT CONCAT('u-', MD5(LOWER(email)), '-', country) AS key FROM customers
--> key: TRANSFORMATION masked customers.email; TRANSFORMATION customers.country

--# masked in one column and plain in another @postgres duckdb snowflake spark
SELECT MD5(email) AS h, email FROM customers
--> h: TRANSFORMATION masked customers.email
--> email: customers.email

--# masking holds through a subquery @postgres duckdb snowflake spark bigquery
SELECT UPPER(s.h) AS k FROM (SELECT MD5(email) AS h FROM customers) s
--> k: TRANSFORMATION masked customers.email

--# masked under an aggregate @postgres duckdb snowflake spark
SELECT MAX(MD5(email)) AS m FROM customers
--> m: AGGREGATION masked customers.email

--# a count masks and a sum does not
SELECT COUNT(email) AS n, SUM(id) AS s FROM customers
--> n: AGGREGATION masked customers.email
--> s: AGGREGATION customers.id

--# an expression over a count stays masked
SELECT COUNT(email) * 100 / COUNT(*) AS pct FROM customers
--> pct: AGGREGATION masked customers.email

--# a union of masked and plain shows both @postgres duckdb spark snowflake
SELECT MD5(email) AS e FROM customers UNION ALL SELECT LOWER(email) FROM customers
--> e: TRANSFORMATION customers.email

--# a masked branch of a case @postgres duckdb snowflake spark databricks
SELECT CASE WHEN country = 'DE' THEN MD5(email) ELSE email END AS contact FROM customers
--> contact: TRANSFORMATION masked customers.email; IDENTITY customers.email; CONDITIONAL customers.country

--# a surrogate key of a transformation project @postgres snowflake duckdb databricks redshift
SELECT MD5(CAST(COALESCE(CAST(id AS VARCHAR), '') || '-' || COALESCE(CAST(name AS VARCHAR), '') AS VARCHAR)) AS customer_key FROM customers
--> customer_key: TRANSFORMATION masked customers.id customers.name; CONDITIONAL customers.id customers.name

--# a surrogate key in BigQuery @bigquery
SELECT TO_HEX(MD5(CAST(COALESCE(CAST(id AS STRING), '_null_') || '-' || COALESCE(CAST(name AS STRING), '_null_') AS STRING))) AS customer_key FROM customers
--> customer_key: TRANSFORMATION masked customers.id customers.name; CONDITIONAL customers.id customers.name

--# approximate counts mask @duckdb trino
SELECT APPROX_DISTINCT(email) AS n FROM customers
--! not executed: DuckDB calls it approx_count_distinct
--> n: AGGREGATION masked customers.email

--# a redaction by text functions is none @postgres duckdb mysql spark
SELECT CONCAT(SUBSTRING(email, 1, 2), '***') AS e FROM customers
--> e: TRANSFORMATION customers.email
