"""Deciding a batch: each command against the states as the commands before it left them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

import structlog

from kernel.application.books import BANK, Books
from kernel.application.clock import Clock
from kernel.application.errors import Defect, EngineError
from kernel.application.plain_transfers import PlainTransfers
from kernel.application.requests import Accepted, Outcome, Refused, Request
from kernel.application.states import States
from kernel.application.use_cases import NEXT_TOUCHES, USE_CASES
from kernel.application.work import Work
from kernel.business_date import rules as business_dates
from kernel.business_date.commands import OpenBusinessDate
from kernel.common.facts import Event, Fact
from kernel.common.legs import are_balanced
from kernel.common.moment import Moment
from kernel.common.refusals import InvalidInput, Refusal
from kernel.eventstore.errors import LogError
from kernel.eventstore.log import Batch, Head, Log, StoredRefusal
from kernel.eventstore.rows import lines
from kernel.payments.commands import Transfer

NOTHING = Batch()

log_ = structlog.get_logger(__name__)


class CommandFenced(Refusal):
    """The caller declared that this command never happens."""

    code = "COMMAND_FENCED"
    says = "The command was declared never to happen."


class BrokenBatch(Exception):
    """A fold failed half-way: the states are of no use, the batch starts again without the work."""

    def __init__(self, work: Work, defect: Defect) -> None:
        super().__init__(str(defect))
        self.work = work
        self.defect = defect


@dataclass(slots=True)
class Decided:
    """What a batch came to: facts and refusals to commit, and what to tell whom after that.

    ``entities`` are those of each fact, in the order of the facts; ``outcomes`` those of ``works``.
    """

    facts: list[Fact] = field(default_factory=list)
    entities: list[str] = field(default_factory=list)
    refusals: list[StoredRefusal] = field(default_factory=list)
    works: list[Work] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    failures: list[tuple[Work, EngineError]] = field(default_factory=list)
    batch: Batch = NOTHING


class BatchDecider:
    """Runs the use cases of a batch over the states, in memory."""

    def __init__(self, log: Log, states: States, clock: Clock) -> None:
        self._log = log
        self._states = states
        self._books = Books(states)
        self._plain = PlainTransfers(states, self._books)
        self._clock = clock
        self._recorded_at = datetime.datetime.min.replace(tzinfo=datetime.UTC)

    def read_head(self) -> Head:
        """Where the log ends now; recorded time goes on from its last fact."""
        head = self._log.head()
        if head.position:
            [last] = self._log.facts_at([head.position])
            self._recorded_at = max(self._recorded_at, last.recorded_at)
        return head

    def decide(self, batch: list[Work], head: Head) -> Decided:
        """Decide every command in turn; the states hold the new facts when this returns."""
        self._recorded_at = max(self._recorded_at, self._clock.now())
        made = Decided()
        at, is_loaded = 0, False
        while at < len(batch):
            at = self._plain.decide(batch, at, head.position, self._recorded_at, made)
            if at < len(batch) and not is_loaded:
                self._load(batch[at:])
                is_loaded = True
            elif at < len(batch):
                self._ordinary(batch[at], head.position, made)
                at += 1
        self._states.decided(made.facts)
        decided = Batch(
            facts=tuple(made.facts), refusals=tuple(made.refusals), entities=tuple(made.entities)
        )
        made.batch = self._log.packed(decided)
        return made

    def _load(self, batch: list[Work]) -> None:
        """Everything that the commands name and that is not in memory, in one go."""
        known = self._states.running
        cold: set[str] = {BANK}
        demanded: set[tuple[str, str]] = set()
        for work in batch:
            command = work.request.command
            if type(command) is not Transfer or not (
                command.payer_account_id in known and command.payee_account_id in known
            ):
                cold.update(command.touches)
                demanded.update(command.demands)
        self._states.load(cold, demanded)
        self._states.load(
            entity
            for command in (work.request.command for work in batch)
            if (touches := NEXT_TOUCHES.get(type(command)))
            for entity in touches(command, self._books)
        )

    def _ordinary(self, work: Work, after: int, made: Decided) -> None:
        """Decide one command by the full rules of its use case."""
        try:
            outcome = self._one(work, after + len(made.facts) + 1)
        except InvalidInput as error:
            for one in work.and_followers():
                one.settle(error)
            return
        except Defect as error:
            made.failures.append((work, error))
            return
        if isinstance(outcome, Accepted):
            made.facts.extend(outcome.facts)
            made.entities.extend(lines(fact.event.entities) for fact in outcome.facts)
        else:
            made.refusals.append(outcome.refusal)
        made.works.append(work)
        made.outcomes.append(outcome)

    def _one(self, work: Work, position: int) -> Outcome:
        request = work.request
        try:
            if work.is_fence:
                raise CommandFenced()
            moment = self._moment(request, position)
            events = USE_CASES[type(request.command)](request.command, self._books, moment)
            facts = self._facts(work, moment, events)
        except Refusal as refusal:
            return Refused(self._stored(work, refusal))
        except (InvalidInput, LogError):
            raise
        except Exception as error:
            raise self._defect(work) from error
        try:
            for fact in facts:
                self._states.evolve(fact)
        except Exception as error:
            raise BrokenBatch(work, self._defect(work)) from error
        return Accepted(facts)

    def _defect(self, work: Work) -> Defect:
        request = work.request
        log_.exception("engine.defect", method=request.method, command_id=request.command_id)
        return Defect(f"{request.method} met a broken invariant; it was alarmed")

    def _moment(self, request: Request, position: int) -> Moment:
        """Booking date from the open business date, value date from the request, within bounds."""
        command = request.command
        if isinstance(command, OpenBusinessDate):
            booking_date = value_date = command.date
        else:
            booking_date = business_dates.require_open(self._books.business_date())
            value_date = business_dates.value_date_within(
                getattr(command, "value_date", None), booking_date
            )
        return Moment(
            booking_date=booking_date,
            value_date=value_date,
            position=position,
            principal=request.principal,
            channel=request.channel,
            command_id=request.command_id,
        )

    def _facts(self, work: Work, moment: Moment, events: tuple[Event, ...]) -> tuple[Fact, ...]:
        """The events in their envelopes, at the positions that they will take."""
        request = work.request
        for event in events:
            assert are_balanced(event.legs), f"legs of {event} do not sum to zero"
        return tuple(
            Fact(
                position=moment.position + ordinal,
                principal=request.principal,
                channel=request.channel,
                method=request.method,
                command_id=request.command_id,
                ordinal=ordinal,
                fingerprint=work.fingerprint,
                recorded_at=self._recorded_at,
                booking_date=moment.booking_date,
                value_date=moment.value_date,
                event=event,
            )
            for ordinal, event in enumerate(events)
        )

    def _stored(self, work: Work, refusal: Refusal) -> StoredRefusal:
        request = work.request
        return StoredRefusal(
            principal=request.principal,
            command_id=request.command_id,
            method=request.method,
            fingerprint=work.fingerprint,
            code=refusal.code,
            kind=refusal.kind,
            message=str(refusal),
            figures=refusal.figures,
            recorded_at=self._recorded_at,
        )
