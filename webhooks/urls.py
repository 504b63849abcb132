from django.urls import path

import apikit.routing  # noqa: F401 - registers <id:...>
from webhooks.views import DeliveryViewSet, WebhookViewSet

urlpatterns = [
    path("webhooks", WebhookViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "webhooks/<id:webhook_id>",
        WebhookViewSet.as_view(
            {
                "get": "retrieve",
                "put": "update",
                "patch": "partial_update",
                "delete": "destroy",
            }
        ),
    ),
    path("webhooks/<id:webhook_id>/secret", WebhookViewSet.as_view({"post": "rotate"})),
    path("webhooks/<id:webhook_id>/test", WebhookViewSet.as_view({"post": "test"})),
    path("webhooks/<id:webhook_id>/deliveries", DeliveryViewSet.as_view({"get": "list"})),
    path(
        "webhooks/<id:webhook_id>/deliveries/<id:delivery_id>",
        DeliveryViewSet.as_view({"get": "retrieve"}),
    ),
    path(
        "webhooks/<id:webhook_id>/deliveries/<id:delivery_id>/redeliver",
        DeliveryViewSet.as_view({"post": "redeliver"}),
    ),
]
