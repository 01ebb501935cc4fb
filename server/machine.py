"""What is asked of the machine itself: its addresses, and whether a port is free."""

import errno
import ipaddress
import socket

import ifaddr

from server.settings import SettingsError


def addresses() -> tuple[str, ...]:
    """The IP addresses of this machine that others can use, loopback last."""
    found = []
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            text = entry.ip if isinstance(entry.ip, str) else entry.ip[0]
            address = ipaddress.ip_address(text)
            if not address.is_link_local:
                found.append(address)
    found.sort(key=lambda address: (address.is_loopback, address.version))
    return tuple(dict.fromkeys(str(address) for address in found))


def claimed_port(address: str, port: int) -> socket.socket:
    """Bind the port (0 picks one) so that nobody else gets it while our nodes share it; close it at the end."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as alone:
        # Without SO_REUSEPORT first: with it, another Lectern's port would look free.
        alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            alone.bind((address, port))
        except OSError as error:
            raise SettingsError(unusable(address, port, error)) from error
        chosen = alone.getsockname()[1]
    shared = socket.socket(family, socket.SOCK_STREAM)
    # Also where connections of a Lectern that has just stopped are still in TIME_WAIT.
    shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    shared.bind((address, chosen))
    return shared


def unusable(address: str, port: int, error: OSError) -> str:
    """The line that says which of the two settings of the HTTP door is wrong."""
    if error.errno in (errno.EADDRINUSE, errno.EACCES):
        return port_taken("LECTERN_HTTP_PORT", port, error)
    return f"LECTERN_HTTP_ADDRESS: {address} cannot be listened on: {error.strerror or error}"


def port_taken(setting: str, port: int, error: OSError) -> str:
    """The line that says why a port cannot be had."""
    return f"{setting}: port {port} cannot be used: {error.strerror or error}"
