--: sales(region text, month text, amount int, units int)
--: wide(region text, jan int, feb int, mar int)

--# pivot with names @snowflake databricks spark bigquery
--! not executed: each engine quotes the names of the new columns in its own way
SELECT region, jan, feb FROM (SELECT region, month, amount FROM sales) PIVOT (SUM(amount) FOR month IN ('jan' AS jan, 'feb' AS feb))
--> region: sales.region
--> jan: AGGREGATION sales.amount; CONDITIONAL sales.month
--> feb: AGGREGATION sales.amount; CONDITIONAL sales.month
--> *: GROUP_BY sales.region

--# a star over a pivot @databricks spark bigquery
SELECT * FROM (SELECT region, month, amount FROM sales) PIVOT (SUM(amount) FOR month IN ('jan' AS jan, 'feb' AS feb))
--> region: sales.region
--> jan: AGGREGATION sales.amount; CONDITIONAL sales.month
--> feb: AGGREGATION sales.amount; CONDITIONAL sales.month
--> *: GROUP_BY sales.region

--# a star over a pivot of two aggregates @databricks spark bigquery
SELECT * FROM (SELECT region, month, amount, units FROM sales) PIVOT (SUM(amount) AS total, MAX(units) AS most FOR month IN ('jan' AS jan, 'feb' AS feb))
--! not executed: BigQuery puts the aggregate's name first
--> region: sales.region
--> _: AGGREGATION sales.amount; CONDITIONAL sales.month
--> _: AGGREGATION sales.units; CONDITIONAL sales.month
--> _: AGGREGATION sales.amount; CONDITIONAL sales.month
--> _: AGGREGATION sales.units; CONDITIONAL sales.month
--> *: GROUP_BY sales.region

--# two aggregates by their names in Spark @spark databricks
SELECT region, jan_total, feb_most FROM (SELECT region, month, amount, units FROM sales) PIVOT (SUM(amount) AS total, MAX(units) AS most FOR month IN ('jan' AS jan, 'feb' AS feb))
--> region: sales.region
--> jan_total: AGGREGATION sales.amount; CONDITIONAL sales.month
--> feb_most: AGGREGATION sales.units; CONDITIONAL sales.month
--> *: GROUP_BY sales.region

--# two aggregates by their names in BigQuery @bigquery
SELECT region, total_jan, most_feb FROM (SELECT region, month, amount, units FROM sales) PIVOT (SUM(amount) AS total, MAX(units) AS most FOR month IN ('jan' AS jan, 'feb' AS feb))
--> region: sales.region
--> total_jan: AGGREGATION sales.amount; CONDITIONAL sales.month
--> most_feb: AGGREGATION sales.units; CONDITIONAL sales.month
--> *: GROUP_BY sales.region

--# pivot with an alias list @snowflake
SELECT * FROM (SELECT region, month, amount FROM sales) PIVOT (SUM(amount) FOR month IN ('jan', 'feb')) AS p (region, january, february)
--> region: sales.region
--> january: AGGREGATION sales.amount; CONDITIONAL sales.month
--> february: AGGREGATION sales.amount; CONDITIONAL sales.month
--> *: GROUP_BY sales.region

--# pivot with bracketed values @tsql
SELECT region, [jan], [feb] FROM (SELECT region, month, amount FROM sales) s PIVOT (SUM(amount) FOR month IN ([jan], [feb])) AS p
--> region: sales.region
--> jan: AGGREGATION sales.amount; CONDITIONAL sales.month
--> feb: AGGREGATION sales.amount; CONDITIONAL sales.month
--> *: GROUP_BY sales.region

--# pivot of a whole table groups by the rest @bigquery spark databricks
SELECT * FROM sales PIVOT (SUM(amount) FOR month IN ('jan' AS jan, 'feb' AS feb))
--> region: sales.region
--> units: sales.units
--> jan: AGGREGATION sales.amount; CONDITIONAL sales.month
--> feb: AGGREGATION sales.amount; CONDITIONAL sales.month
--> *: GROUP_BY sales.region sales.units

--# a pivot statement @duckdb
PIVOT sales ON month IN ('jan', 'feb') USING SUM(amount) GROUP BY region
--> region: sales.region
--> jan: AGGREGATION sales.amount; CONDITIONAL sales.month
--> feb: AGGREGATION sales.amount; CONDITIONAL sales.month
--> *: GROUP_BY sales.region

--# a pivot statement that makes a table @duckdb
--! no effect: no parser takes it whole, so no rows are drawn for the months that it names
CREATE TABLE o AS PIVOT sales ON month IN ('jan', 'feb') USING SUM(amount) GROUP BY region
--> into o
--> region: sales.region
--> jan: AGGREGATION sales.amount; CONDITIONAL sales.month
--> feb: AGGREGATION sales.amount; CONDITIONAL sales.month
--> *: GROUP_BY sales.region

--# a pivot statement in a CTE @duckdb
WITH x AS (PIVOT sales ON month IN ('jan', 'feb') USING SUM(amount) GROUP BY region)
SELECT region, jan FROM x
--> region: sales.region
--> jan: AGGREGATION sales.amount; CONDITIONAL sales.month
--> *: GROUP_BY sales.region

--# a pivot in a from clause @duckdb
SELECT region, jan FROM sales PIVOT (SUM(amount) FOR month IN ('jan', 'feb') GROUP BY region)
--> region: sales.region
--> jan: AGGREGATION sales.amount; CONDITIONAL sales.month
--> *: GROUP_BY sales.region

--# pivot of oracle with aliases @oracle
SELECT region, jan, feb FROM (SELECT region, month, amount FROM sales) PIVOT (SUM(amount) FOR month IN ('jan' AS jan, 'feb' AS feb))
--> region: sales.region
--> jan: AGGREGATION sales.amount; CONDITIONAL sales.month
--> feb: AGGREGATION sales.amount; CONDITIONAL sales.month
--> *: GROUP_BY sales.region

--# a pivot by conditions, as portable SQL has it
SELECT region, SUM(CASE WHEN month = 'jan' THEN amount END) AS jan, SUM(CASE WHEN month = 'feb' THEN amount END) AS feb FROM sales GROUP BY region
--> region: sales.region
--> jan: AGGREGATION sales.amount; CONDITIONAL sales.month
--> feb: AGGREGATION sales.amount; CONDITIONAL sales.month
--> *: GROUP_BY sales.region

--# unpivot @snowflake bigquery databricks spark duckdb oracle
SELECT region, month, amount FROM wide UNPIVOT (amount FOR month IN (jan, feb, mar))
--> region: wide.region
--> month:
--> amount: wide.jan wide.feb wide.mar
--> *: FILTER wide.jan wide.feb wide.mar

--# unpivot @tsql
SELECT region, month, amount FROM wide UNPIVOT (amount FOR month IN (jan, feb, mar)) AS p
--> region: wide.region
--> month:
--> amount: wide.jan wide.feb wide.mar
--> *: FILTER wide.jan wide.feb wide.mar

--# a star over unpivot in BigQuery has the value first @bigquery
SELECT * FROM wide UNPIVOT (amount FOR month IN (jan, feb, mar))
--> region: wide.region
--> amount: wide.jan wide.feb wide.mar
--> month:
--> *: FILTER wide.jan wide.feb wide.mar

--# a star over unpivot @databricks spark duckdb snowflake
SELECT * FROM wide UNPIVOT (amount FOR month IN (jan, feb, mar))
--> region: wide.region
--> month:
--> amount: wide.jan wide.feb wide.mar
--> *: FILTER wide.jan wide.feb wide.mar

--# unpivot of some columns keeps the others @bigquery databricks spark duckdb
SELECT region, mar, month, amount FROM wide UNPIVOT (amount FOR month IN (jan, feb))
--> region: wide.region
--> mar: wide.mar
--> month:
--> amount: wide.jan wide.feb
--> *: FILTER wide.jan wide.feb

--# an unpivot statement @duckdb
UNPIVOT wide ON jan, feb, mar INTO NAME month VALUE amount
--> region: wide.region
--> month:
--> amount: wide.jan wide.feb wide.mar
--> *: FILTER wide.jan wide.feb wide.mar

--# unpivot of pairs @bigquery
--: halves(id int, a1 int, b1 int, a2 int, b2 int)
SELECT id, half, a, b FROM halves UNPIVOT ((a, b) FOR half IN ((a1, b1) AS 'first', (a2, b2) AS 'second'))
--> id: halves.id
--> half:
--> a: halves.a1 halves.a2
--> b: halves.b1 halves.b2
--> *: FILTER halves.a1 halves.a2 halves.b1 halves.b2

--# stack @spark databricks hive
SELECT region, stack(2, 'jan', jan, 'feb', feb) AS (month, amount) FROM wide
--> region: wide.region
--> month:
--> amount: wide.jan wide.feb

--# an aggregate over an unpivot @snowflake bigquery databricks spark duckdb
SELECT month, SUM(amount) AS s FROM wide UNPIVOT (amount FOR month IN (jan, feb, mar)) GROUP BY month
--> month:
--> s: AGGREGATION wide.jan wide.feb wide.mar
--> *: FILTER wide.jan wide.feb wide.mar

--# a filter over a pivot @spark databricks bigquery
SELECT region FROM (SELECT region, month, amount FROM sales) PIVOT (SUM(amount) FOR month IN ('jan' AS jan, 'feb' AS feb)) WHERE jan > 10
--> region: sales.region
--> *: GROUP_BY sales.region; FILTER sales.amount sales.month

--# a crosstab by unnest and union @ansi postgres snowflake
SELECT region, 'jan' AS month, jan AS amount FROM wide UNION ALL SELECT region, 'feb', feb FROM wide
--> region: wide.region
--> month:
--> amount: wide.jan wide.feb

--# unpivot that keeps empty values acts on no row @bigquery databricks spark duckdb snowflake oracle
SELECT region, month, amount FROM wide UNPIVOT INCLUDE NULLS (amount FOR month IN (jan, feb, mar))
--> region: wide.region
--> month:
--> amount: wide.jan wide.feb wide.mar
