import pytest

from diagnostics.ocpp.versions import OcppVersion, choose_subprotocol


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["ocpp1.6"], OcppVersion.V16),
        (["ocpp0.1", "ocpp2.0.1"], OcppVersion.V201),
        (["ocpp1.6", "ocpp2.1"], OcppVersion.V16),
        (["ocpp2.1", "ocpp1.6"], OcppVersion.V21),
        ([" ocpp2.1 "], OcppVersion.V21),
        (["ocpp2.0", "ocpp1.5", "OCPP1.6", ""], None),
        ([], None),
    ],
)
def test_the_stations_first_wish_that_we_speak_wins(offered, chosen):
    assert choose_subprotocol(offered) is chosen


def test_a_version_is_named_as_people_write_it():
    assert [str(version) for version in OcppVersion] == ["1.6", "2.0.1", "2.1"]
    assert OcppVersion.V201.subprotocol == "ocpp2.0.1"
