using System.Diagnostics;
using Omega.P2P.Fuzz.Tests.Mutation;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Fuzz.Tests;

/// <summary>Mutates what a target has been given so far, and keeps what ended in a new way.</summary>
internal sealed class Campaign(FuzzTarget target, ulong seed)
{
    private const int KeptMax = 512;

    private readonly Chance _chance = new(seed);
    private readonly List<byte[]> _inputs = [];
    private readonly Dictionary<string, byte[]> _outcomes = new(StringComparer.Ordinal);

    public long Executions { get; private set; }

    /// <summary>The ways in which inputs ended, each with the shortest that did.</summary>
    public IReadOnlyDictionary<string, byte[]> Outcomes => _outcomes;

    /// <summary>The seeds and the corpus as they are.</summary>
    public void Replay(FlightRecorder? recorder = null)
    {
        foreach (var input in target.Seeds.Concat(Corpus.Read(target.Name)))
        {
            Run(input, recorder);
            _inputs.Add(input);
        }
    }

    public void RunTimes(long times, FlightRecorder? recorder = null)
    {
        var mutator = new Mutator(_chance, target.InputMax);
        for (; times > 0; times--)
        {
            var input = mutator.Mutate(_inputs[_chance.Below(_inputs.Count)], _inputs[_chance.Below(_inputs.Count)]);
            if (Run(input, recorder) && _inputs.Count < KeptMax)
            {
                _inputs.Add(input);
            }
        }
    }

    public void RunFor(TimeSpan time, FlightRecorder? recorder)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < time;)
        {
            RunTimes(256, recorder);
        }
    }

    private bool Run(byte[] input, FlightRecorder? recorder)
    {
        recorder?.Record(input);
        Executions++;
        var outcome = FuzzRun.Execute(target, input);
        if (_outcomes.TryAdd(outcome, input))
        {
            return true;
        }

        _outcomes[outcome] = input.Length < _outcomes[outcome].Length ? input : _outcomes[outcome];
        return false;
    }
}
