using System.Net;
using System.Net.Sockets;

namespace Omega.P2P.Node.Transport;

/// <summary>
/// From a host to a connected socket. A name may mean several addresses: they are tried beside each other, families in
/// turn, each a little after the one before (RFC 8305), and the first that takes the connection is it. Who is there
/// is proven afterwards.
/// </summary>
internal static class HappyEyeballs
{
    private const int AddressesMax = 8;
    private static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(250);

    /// <param name="host">An address or a name.</param>
    /// <param name="family">The only family wanted; null: both.</param>
    /// <param name="port">TCP.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="SocketException">None took it: the last reason.</exception>
    public static async Task<Socket> ConnectAsync(
        string host, AddressFamily? family, int port, CancellationToken cancel)
    {
        if (IPAddress.TryParse(host, out var one))
            return await ConnectAsync(new IPEndPoint(one, port), cancel).ConfigureAwait(false);
        var found = await Dns.GetHostAddressesAsync(host, family ?? AddressFamily.Unspecified, cancel)
            .ConfigureAwait(false);
        return await RaceAsync([.. InTurn(found).Take(AddressesMax).Select(ip => new IPEndPoint(ip, port))], cancel)
            .ConfigureAwait(false);
    }

    /// <summary>The first to connect; every other socket is closed.</summary>
    internal static async Task<Socket> RaceAsync(IReadOnlyList<IPEndPoint> targets, CancellationToken cancel)
    {
        if (targets.Count == 0) throw new SocketException((int)SocketError.HostNotFound);
        using var decided = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var running = new List<Task<Socket>>();
        var reason = new SocketException((int)SocketError.HostUnreachable);
        Socket? winner = null;
        for (var next = 0; winner is null && (next < targets.Count || running.Count > 0);)
        {
            if (next < targets.Count) running.Add(ConnectAsync(targets[next++], decided.Token));
            var ended = Task.WhenAny(running);
            if (next < targets.Count
                && await Task.WhenAny(ended, Task.Delay(Stagger, decided.Token)).ConfigureAwait(false) != ended)
                continue;
            var one = await ended.ConfigureAwait(false);
            running.Remove(one);
            try
            {
                winner = await one.ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                reason = e;
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        await decided.CancelAsync().ConfigureAwait(false);
        foreach (var late in running) await CloseAsync(late).ConfigureAwait(false);
        if (winner is not null && !cancel.IsCancellationRequested) return winner;
        winner?.Dispose();
        cancel.ThrowIfCancellationRequested();
        throw reason;
    }

    private static async Task CloseAsync(Task<Socket> late)
    {
        try
        {
            (await late.ConfigureAwait(false)).Dispose();
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return; // it has no socket to close
        }
    }

    private static IEnumerable<IPAddress> InTurn(IPAddress[] addresses)
    {
        var six = addresses.Where(a => a.AddressFamily == AddressFamily.InterNetworkV6).ToList();
        var four = addresses.Where(a => a.AddressFamily == AddressFamily.InterNetwork).ToList();
        for (var i = 0; i < Math.Max(six.Count, four.Count); i++)
        {
            if (i < six.Count) yield return six[i];
            if (i < four.Count) yield return four[i];
        }
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint to, CancellationToken cancel)
    {
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(to, cancel).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
