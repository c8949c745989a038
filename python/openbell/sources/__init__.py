"""Where bars come from: files, frames, a simulator, and whatever another package brings."""

from openbell.sources.columns import Columns
from openbell.sources.feed import Channel, Feed, FeedCapabilities, FeedStatus, LiveSource, Sink
from openbell.sources.files import CsvSource, ParquetSource
from openbell.sources.filler import GapFiller
from openbell.sources.frame import FrameSource
from openbell.sources.inlet import SessionInlet
from openbell.sources.manager import DataManager
from openbell.sources.opening import open_source
from openbell.sources.protocol import Capabilities, Source
from openbell.sources.refused import RefusedRow, RefusedRows
from openbell.sources.replay import Replay, ReplayFeed, ReplaySource
from openbell.sources.simulator import SimulatorSource

__all__ = [
    "Capabilities",
    "Channel",
    "Columns",
    "CsvSource",
    "DataManager",
    "Feed",
    "FeedCapabilities",
    "FeedStatus",
    "FrameSource",
    "GapFiller",
    "LiveSource",
    "ParquetSource",
    "RefusedRow",
    "RefusedRows",
    "Replay",
    "ReplayFeed",
    "ReplaySource",
    "SessionInlet",
    "SimulatorSource",
    "Sink",
    "Source",
    "open_source",
]
