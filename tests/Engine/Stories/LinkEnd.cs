using Omega.P2P.Engine.Links;
using Omega.P2P.Federation;

namespace Omega.P2P.Engine.Tests.Stories;

/// <summary>One end of a byte channel between two link sessions of a mesh.</summary>
internal sealed class LinkEnd(Mesh mesh, LinkSession session, Action<NetworkInput> feed)
{
    private LinkEnd? _other;
    private bool _isOver;

    public LinkSession Session => session;

    public bool IsOver => _isOver;

    public static void Connect(LinkEnd left, LinkEnd right)
    {
        (left._other, right._other) = (right, left);
        left.Flush();
        right.Flush();
    }

    public void Apply(NetworkEffect effect) => Do(inputs => session.Apply(effect, mesh.Now, inputs));

    public void Tick() => Do(inputs => session.Tick(mesh.Now, inputs));

    /// <summary>The process behind this end is gone.</summary>
    public void Cut()
    {
        if (_isOver) return;
        _isOver = true;
        session.Dispose();
        mesh.After(1, _other!.Broke);
    }

    private void Broke() => Do(inputs => session.EndOfInput(mesh.Now, inputs));

    private void Receive(byte[] bytes) => Do(inputs => session.Receive(bytes, mesh.Now, inputs));

    private void Do(Action<List<NetworkInput>> step)
    {
        if (_isOver) return;
        var inputs = new List<NetworkInput>();
        step(inputs);
        foreach (var input in inputs) feed(input);
        Flush();
    }

    private void Flush()
    {
        while (!_isOver)
        {
            var output = session.PeekOutput();
            if (output.IsEmpty)
            {
                if (session.IsClosed) Cut();
                return;
            }

            var bytes = output.ToArray();
            mesh.After(1, () => _other!.Receive(bytes));
            var inputs = new List<NetworkInput>();
            session.ConsumeOutput(bytes.Length, mesh.Now, inputs);
            foreach (var input in inputs) feed(input);
        }
    }
}
