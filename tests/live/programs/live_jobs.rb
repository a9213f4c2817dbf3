# The jobs that Sidekiq's worker runs: they do as they should once the file `mended` is there.
require 'sidekiq'

class Fail
  include Sidekiq::Worker
  sidekiq_options retry: 0

  def perform(folder)
    raise KeyError, 'not mended yet' unless File.exist?("#{folder}/mended")

    File.write("#{folder}/fail-done", '')
  end
end

class Slow
  include Sidekiq::Worker

  def perform(folder)
    unless File.exist?("#{folder}/mended")
      File.write("#{folder}/slow-began.part", Process.pid.to_s)
      File.rename("#{folder}/slow-began.part", "#{folder}/slow-began")
      sleep 600
    end
    File.write("#{folder}/slow-done", '')
  end
end
