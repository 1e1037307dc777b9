using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using Omega.P2P.Engine;
using Omega.P2P.Federation;
using Omega.P2P.Node.Time;

namespace Omega.P2P.Node.Host;

/// <summary>
/// Drives one <see cref="OmegaNode"/>: everything that happens becomes an input in one queue with one reader, so the
/// node has one caller; its effects are carried out in order before the next input is read. Timers and commands live
/// here; the network behind <see cref="INetworkDriver"/>.
/// </summary>
internal sealed class EngineLoop : IDisposable
{
    private const int WaitingInputsMax = 10_000;
    private const long WaitingBytesMax = 64L << 20;

    private readonly Channel<EngineInput> _inputs = Channel.CreateUnbounded<EngineInput>(
        new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<CommandId, TaskCompletionSource<EngineResult>> _commands = new();
    private readonly ConcurrentDictionary<TimerId, Timer> _timers = new();
    private readonly List<EngineEffect> _effects;
    private readonly Task _running;
    private long _waitingInputs;
    private long _waitingBytes;
    private INetworkDriver _network;
    private Action<MeshNotice>? _onNotice;
    private long _nextCommand;

    private EngineLoop(OmegaNode node, List<EngineEffect> first, Func<EngineLoop, INetworkDriver> network,
        Action<MeshNotice>? onNotice)
    {
        Node = node;
        _effects = first;
        _onNotice = onNotice;
        _network = network(this);
        _running = Task.Run(RunAsync);
    }

    public OmegaNode Node { get; }

    /// <summary>Faults when the loop met a defect or a dead disk: the process must end, the store is safe.</summary>
    public Task Running => _running;

    /// <summary>Opens the node and starts its loop.</summary>
    public static EngineLoop Start(EngineOptions options, Func<EngineLoop, INetworkDriver> network,
        Action<MeshNotice>? onNotice = null)
    {
        var first = new List<EngineEffect>();
        var node = OmegaNode.Open(options, SystemClock.Now(), first);
        return new EngineLoop(node, first, network, onNotice);
    }

    /// <summary>More waits than is good: whoever reads from the network pauses, so memory stays bounded however fast
    /// peers talk.</summary>
    public bool IsCrowded =>
        Interlocked.Read(ref _waitingInputs) > WaitingInputsMax
            || Interlocked.Read(ref _waitingBytes) > WaitingBytesMax;

    /// <summary>From any thread; never blocks.</summary>
    public void Tell(NetworkInput input)
    {
        Interlocked.Increment(ref _waitingInputs);
        Interlocked.Add(ref _waitingBytes, BytesOf(input));
        _inputs.Writer.TryWrite(new EngineInput.Network(input));
    }

    /// <summary>Issues a command and waits for its end; cancelling gives it up.</summary>
    public EngineResult Ask(EngineCommand command, CancellationToken cancel)
    {
        var id = new CommandId(Interlocked.Increment(ref _nextCommand));
        var completion = new TaskCompletionSource<EngineResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _commands[id] = completion;
        if (!_inputs.Writer.TryWrite(new EngineInput.CommandIssued(id, command)))
            throw new OperationCanceledException("the node is stopping");
        using var registration = cancel.Register(() => GiveUp(id));
        return completion.Task.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        _inputs.Writer.TryComplete();
        try
        {
            _running.Wait();
        }
        catch (AggregateException e)
        {
            Trace.TraceError(e.ToString()); // told to the owner by whoever awaits Running
        }

        foreach (var timer in _timers.Values) timer.Dispose();
        foreach (var command in _commands.Values) command.TrySetCanceled();
        Node.Dispose();
    }

    private async Task RunAsync()
    {
        CarryAll();
        await foreach (var input in _inputs.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            Node.Handle(input, SystemClock.Now(), _effects);
            CarryAll();
            if (input is not EngineInput.Network { Input: var handled }) continue;
            Interlocked.Decrement(ref _waitingInputs);
            Interlocked.Add(ref _waitingBytes, -BytesOf(handled));
        }
    }

    private static int BytesOf(NetworkInput input) =>
        input is NetworkInput.FrameArrived frame ? frame.Payload.Length : 0;

    private void CarryAll()
    {
        foreach (var effect in _effects) Carry(effect);
        _effects.Clear();
    }

    private void Carry(EngineEffect effect)
    {
        switch (effect)
        {
            case EngineEffect.Network { Effect: NetworkEffect.ArmTimer timer }:
                Arm(timer);
                break;
            case EngineEffect.Network { Effect: NetworkEffect.CancelTimer cancelled }:
                if (_timers.TryRemove(cancelled.Timer, out var unwanted)) unwanted.Dispose();
                break;
            case EngineEffect.Network network:
                _network.Carry(network.Effect);
                break;
            case EngineEffect.CommandCompleted completed:
                if (_commands.TryRemove(completed.Id, out var waiting)) waiting.TrySetResult(completed.Result);
                break;
            case EngineEffect.Notice notice:
                _onNotice?.Invoke(notice.What);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void Arm(NetworkEffect.ArmTimer armed)
    {
        var timer = new Timer(_ => Fire(armed.Timer));
        _timers[armed.Timer] = timer;
        timer.Change(armed.After, Timeout.InfiniteTimeSpan);
    }

    private void Fire(TimerId id)
    {
        if (_timers.TryRemove(id, out var timer)) timer.Dispose();
        Tell(new NetworkInput.TimerFired(id));
    }

    private void GiveUp(CommandId id)
    {
        if (!_commands.TryRemove(id, out var waiting)) return;
        waiting.TrySetCanceled();
        var own = new CommandId(Interlocked.Increment(ref _nextCommand));
        var cancel = new EngineCommand.Mesh(new MeshCommand.Cancel(id));
        _inputs.Writer.TryWrite(new EngineInput.CommandIssued(own, cancel));
    }
}
