Console.WriteLine("nodereaper");
