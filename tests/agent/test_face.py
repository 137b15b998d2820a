"""With a desktop window the page opens none; without one, or when it fails, it does."""

from dataclasses import dataclass, field

from tests.agent.test_desk import run
from tests.agent.world import ORIGIN, World, entered
from yunqian.agent import app
from yunqian.agent.desk import Desk
from yunqian.agent.face import Face
from yunqian.crypto.certificates import Certificate
from yunqian.wire.keys import DialogOpened


@dataclass
class Scripted:
    """A desktop window as scripted; it notes what it was asked to show."""

    is_here: bool = True
    can_show: bool = True
    shown: list[str] = field(default_factory=list)

    def show(self, window_url: str) -> bool:
        self.shown.append(window_url)
        return self.can_show


def desk_with(client: World, face: Face) -> Desk:
    return app.desk(client.folder, client.config(), clock=client.clock, face=face)


def opened(client: World, certificate: Certificate, face: Scripted) -> tuple[bool, DialogOpened]:
    async def act() -> tuple[bool, DialogOpened]:
        desk = desk_with(client, face)
        signed = client.site.signed(client.site.order(certificate))
        return desk.hello().has_desktop_window, await desk.open(signed, origin=ORIGIN)

    has_window, told = run(act)
    return has_window, told


def test_a_desktop_window_shows_it_and_the_page_gets_no_address(
    client: World, certificate: Certificate
) -> None:
    face = Scripted()
    has_window, told = opened(client, certificate, face)
    assert (has_window, told.window_url) == (True, None)
    (address,) = face.shown
    assert address.startswith("http://127.0.0.1:17311/window/")


def test_a_window_that_cannot_show_it_leaves_it_to_the_page(client: World, certificate: Certificate) -> None:
    face = Scripted(can_show=False)
    assert opened(client, certificate, face)[1].window_url == face.shown[0]


def test_a_window_that_is_gone_is_not_asked(client: World, certificate: Certificate) -> None:
    face = Scripted(is_here=False)
    has_window, told = opened(client, certificate, face)
    assert (has_window, face.shown) == (False, [])
    assert told.window_url is not None


def test_the_same_order_again_brings_the_window_to_the_front_and_a_done_one_does_not(
    client: World, certificate: Certificate
) -> None:
    face = Scripted()
    signed = client.site.signed(client.site.order(certificate))

    async def act() -> DialogOpened:
        desk = desk_with(client, face)
        await desk.open(signed, origin=ORIGIN)
        await desk.open(signed, origin=ORIGIN)
        assert len(face.shown) == 2
        window_id = face.shown[0].rsplit("/", 1)[1]
        assert not (await desk.confirm(window_id, entered(), is_last_try_accepted=False)).is_waiting
        return await desk.open(signed, origin=ORIGIN)

    assert run(act).window_url is None
    assert len(face.shown) == 2
