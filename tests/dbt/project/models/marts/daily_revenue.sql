{{ config(materialized='incremental', unique_key='day') }}

select
    cast(placed_at as date) as day,
    sum(amount) as revenue
from {{ ref('paid_orders') }}
{% if is_incremental() %}
where placed_at >= (select max(day) from {{ this }})
{% endif %}
group by 1
