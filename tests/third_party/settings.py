"""Settings of a project with many well-known packages, for test_third_party.py."""

from __future__ import annotations

from oscar.defaults import *  # noqa: F403

SECRET_KEY = "x"
ROOT_URLCONF = "third_party.urls"
SITE_ID = 1
USE_TZ = True
LANGUAGE_CODE = "en"
STATIC_URL = "/static/"
WAGTAIL_SITE_NAME = "x"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "third_party.sqlite3"}}
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
]
INSTALLED_APPS = [
    *(f"django.contrib.{app}" for app in ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")),
    *(f"django.contrib.{app}" for app in ("sites", "flatpages", "redirects")),
    "oscar.config.Shop",
    *(
        f"oscar.apps.{app}.apps.{name}Config"
        for app, name in (
            ("analytics", "Analytics"),
            ("checkout", "Checkout"),
            ("address", "Address"),
            ("shipping", "Shipping"),
            ("catalogue", "Catalogue"),
            ("catalogue.reviews", "CatalogueReviews"),
            ("communication", "Communication"),
            ("partner", "Partner"),
            ("basket", "Basket"),
            ("payment", "Payment"),
            ("offer", "Offer"),
            ("order", "Order"),
            ("customer", "Customer"),
            ("search", "Search"),
            ("voucher", "Voucher"),
            ("wishlists", "Wishlists"),
            ("dashboard", "Dashboard"),
            *(
                (f"dashboard.{app}", f"{app.title()}Dashboard")
                for app in ("reports", "users", "orders", "catalogue", "offers", "partners", "pages", "ranges")
            ),
            *((f"dashboard.{app}", f"{app.title()}Dashboard") for app in ("reviews", "vouchers", "communications")),
            ("dashboard.shipping", "ShippingDashboard"),
        )
    ),
    *("haystack", "treebeard", "easy_thumbnails", "django_tables2", "widget_tweaks"),
    *(f"wagtail.contrib.{app}" for app in ("forms", "redirects", "settings", "search_promotions")),
    *(f"wagtail.{app}" for app in ("embeds", "sites", "users", "snippets", "documents", "images", "search", "admin")),
    *("wagtail", "modelcluster", "taggit"),
    *("allauth", "allauth.account", "allauth.socialaccount", "allauth.usersessions"),
    *("axes", "guardian", "waffle", "reversion", "rest_framework", "rest_framework.authtoken"),
    *("django_otp", "django_otp.plugins.otp_static", "django_otp.plugins.otp_totp", "django_otp.plugins.otp_email"),
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
