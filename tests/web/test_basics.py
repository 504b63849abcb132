"""What holds for every page."""

from django.test import Client


def test_the_home_page_is_there(db: None, client: Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "<h1>" in page.content.decode()
