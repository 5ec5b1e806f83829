"""Who reads the database makes no code."""

import pytest
from allauth.mfa.models import Authenticator

from accounts.codes import code_now
from accounts.factor_secrets import (
    FactorSecretUnreadableError,
    secret_open,
    secret_seal,
)
from accounts.models import User
from config.env import EnvironmentValueError
from config.sign_in.reading import factor_keys_from_env, office_networks_from_env
from tests.accounts.conftest import come_in

OLD, NEW = "old" * 20, "new" * 20


def test_a_secret_under_a_key_that_is_gone_is_refused(settings) -> None:
    settings.FACTOR_KEYS = (OLD,)
    sealed = secret_seal("JBSWY3DP")
    settings.FACTOR_KEYS = (NEW,)
    with pytest.raises(FactorSecretUnreadableError, match="begin anew"):
        secret_open(sealed)


def test_an_old_key_opens_while_it_is_listed(settings) -> None:
    settings.FACTOR_KEYS = (OLD,)
    sealed = secret_seal("JBSWY3DP")
    assert "JBSWY3DP" not in sealed
    settings.FACTOR_KEYS = (NEW, OLD)
    assert secret_open(sealed) == "JBSWY3DP"
    fresh = secret_seal("JBSWY3DP")
    settings.FACTOR_KEYS = (NEW,)
    assert secret_open(fresh) == "JBSWY3DP"


def test_without_keys_of_its_own_the_site_s_secret_is_the_key(settings) -> None:
    settings.FACTOR_KEYS = ()
    sealed = secret_seal("JBSWY3DP")
    settings.SECRET_KEY = NEW
    with pytest.raises(FactorSecretUnreadableError):
        secret_open(sealed)


@pytest.mark.django_db
def test_the_database_holds_no_secret_and_the_code_still_opens(
    bea_with_code: User,
) -> None:
    row = Authenticator.objects.get(user=bea_with_code)
    secret = secret_open(row.data["secret"])
    assert secret not in str(row.data)
    assert len(code_now(bea_with_code) or "") == 6
    assert come_in(bea_with_code).get("/desk/").status_code == 200


@pytest.mark.django_db
def test_a_secret_from_before_still_opens_and_is_sealed_then(
    bea_with_code: User,
) -> None:
    row = Authenticator.objects.get(user=bea_with_code)
    plain = secret_open(row.data["secret"])
    row.data = {**row.data, "secret": plain}
    row.save()
    assert come_in(bea_with_code).get("/desk/").status_code == 200
    row.refresh_from_db()
    assert plain not in str(row.data)
    assert secret_open(row.data["secret"]) == plain


def test_short_words_are_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACTOR_KEYS", f"{OLD},short")
    with pytest.raises(EnvironmentValueError, match="FACTOR_KEYS"):
        factor_keys_from_env()
    monkeypatch.setenv("FACTOR_KEYS", f"{NEW}, {OLD}")
    assert factor_keys_from_env() == (NEW, OLD)


def test_what_is_no_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFICE_NETWORKS", "192.0.2.1/24")
    with pytest.raises(EnvironmentValueError, match="OFFICE_NETWORKS"):
        office_networks_from_env()
