select
    id as order_id,
    customer as customer_id,
    placed_at,
    status
from {{ source('raw', 'orders') }}
