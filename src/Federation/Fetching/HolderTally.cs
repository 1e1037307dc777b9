using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation.Fetching;

/// <summary>What one holder brings to one transfer, and what its bytes wait for: nothing measures that, but where its
/// sinks are met most, look after look, is where the time goes.</summary>
internal sealed class HolderTally
{
    /// <summary>How much of the looks before counts beside the newest: about four seconds.</summary>
    private const double Fading = 0.94;

    private readonly double[] _met = new double[3];

    /// <summary>Proven bytes of requests that have ended.</summary>
    public long Bytes { get; set; }

    /// <summary>Lately.</summary>
    public double BytesPerSecond { get; private set; }

    /// <summary>It proved false in this transfer.</summary>
    public bool IsFalse { get; set; }

    public void Look(long brought, TimeSpan time, IEnumerable<SinkActivity> activities)
    {
        var now = brought / time.TotalSeconds;
        BytesPerSecond = BytesPerSecond == 0 ? now : (BytesPerSecond * 3 + now) / 4;
        for (var i = 0; i < _met.Length; i++)
            _met[i] *= Fading;
        foreach (var activity in activities)
            _met[(int)activity]++;
    }

    /// <summary>Null before the first look.</summary>
    public TransferLimit? Limit
    {
        get
        {
            var most = Array.IndexOf(_met, _met.Max());
            return _met[most] == 0 ? null : (SinkActivity)most switch
            {
                SinkActivity.Writing => TransferLimit.OurDisk,
                SinkActivity.Verifying => TransferLimit.OurVerification,
                _ => TransferLimit.PeerOrLink,
            };
        }
    }
}
