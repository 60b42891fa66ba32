"""Sends changes to a Buildbot master: as many at once as each line of standard input says, on one connection.

Debian's package has no web server, so changes are how builds are started from outside; `buildbot sendchange` would start
Python and connect for each. Arguments: port, builders. Answers each line with one when the master has taken them all.
"""
import sys

from twisted.cred import credentials
from twisted.internet import defer, error, reactor, stdio
from twisted.protocols import basic
from twisted.spread import pb

port, builders = int(sys.argv[1]), int(sys.argv[2])


class Requests(basic.LineReceiver):
    delimiter = b'\n'

    def __init__(self, master):
        self.master = master

    def lineReceived(self, line):
        sent = [
            self.master.callRemote(
                'addChange',
                {
                    'who': 'bench',
                    'comments': 'a change',
                    'files': ['file'],
                    'branch': 'noop%d' % (number % builders),
                    'revision': str(number),
                    'project': '',
                    'repository': '',
                    'properties': {},
                },
            )
            for number in range(int(line))
        ]
        defer.gatherResults(sent).addCallbacks(lambda _: self.sendLine(b'taken'), fail)

    def connectionLost(self, reason):
        stop()


def stop():
    try:
        reactor.stop()
    except error.ReactorNotRunning:
        pass  # a signal has stopped it


def fail(failure):
    sys.stderr.write(failure.getErrorMessage() + '\n')
    stop()


def connected(master):
    requests = Requests(master)
    stdio.StandardIO(requests)
    requests.sendLine(b'connected')


factory = pb.PBClientFactory()
factory.login(credentials.UsernamePassword(b'change', b'bench')).addCallbacks(connected, fail)
reactor.connectTCP('127.0.0.1', port, factory)
reactor.run()
