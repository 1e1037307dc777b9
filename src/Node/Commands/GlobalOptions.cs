using System.CommandLine;

namespace Omega.P2P.Node.Commands;

/// <summary>Options that every verb takes.</summary>
internal sealed class GlobalOptions
{
    public Option<string> Home { get; } = new("--home")
    {
        Description = "Folder of the node (else OMEGA_HOME, else ~/.local/share/omega)",
        HelpName = "DIR",
        Recursive = true,
    };

    public Option<bool> Json { get; } = new("--json")
    {
        Description = "One JSON object per line; a failure is the last line on stderr",
        Recursive = true,
    };

    public Option<bool> Quiet { get; } = new("--quiet", "-q")
    {
        Description = "Only the result",
        Recursive = true,
    };

    public Option<bool> NoProgress { get; } = new("--no-progress")
    {
        Description = "No progress line, also on a terminal",
        Recursive = true,
    };

    public void AddTo(Command root)
    {
        root.Options.Add(Home);
        root.Options.Add(Json);
        root.Options.Add(Quiet);
        root.Options.Add(NoProgress);
    }
}
