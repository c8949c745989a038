"""Talking to a running session from outside, over a local socket that only its owner can open."""

from openbell.remote.client import Session, find_session, sessions
from openbell.remote.server import Server

__all__ = ["Server", "Session", "find_session", "sessions"]
