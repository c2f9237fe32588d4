# Commands that cannot succeed: each says why on standard error, exits with 1, and leaves nothing half-written. PROGRAMS is
# the folder of mnist, likelihood, pretraining and evaluate. Limits on files and memory are the shell's: without a POSIX shell, skipped.
cmake_minimum_required(VERSION 3.25)
find_program(shell sh)
if(NOT shell)
  message("SKIPPED: there is no sh")
  return()
endif()
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}/data" "${WORK}/old")

# shell(<commands>): sets status, output, errors.
function(shell commands)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env --unset=MNIST_DIR PATH=${PROGRAMS}:$ENV{PATH} ${shell} -c "${commands}"
    WORKING_DIRECTORY "${WORK}" RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE errors TIMEOUT 300)
  set(status "${status}" PARENT_SCOPE)
  set(output "${output}" PARENT_SCOPE)
  set(errors "${errors}" PARENT_SCOPE)
endfunction()

# refused(<what> <words of the message, a regex> <commands>): the last line of the errors matches, the status is 1.
function(refused what words commands)
  shell("${commands}")
  if(NOT status EQUAL 1 OR NOT errors MATCHES "(^|\n)[a-z0-9]+: ${words}[^\n]*\n$")
    message(SEND_ERROR "${what}: exit status ${status}, expected 1, and a last line like '${words}'\n${commands}\n"
      "output: ${output}\nerrors: ${errors}")
  endif()
  message("${what}: ${errors}")
endfunction()

# holds(<folder> <names>): these files are in it, and nothing else, hidden or not.
function(holds folder)
  file(GLOB found RELATIVE "${WORK}/${folder}" "${WORK}/${folder}/*" "${WORK}/${folder}/.*")
  if(NOT "${found}" STREQUAL "${ARGN}")
    message(SEND_ERROR "${folder} holds '${found}', expected '${ARGN}'")
  endif()
endfunction()
function(still_old)
  foreach(name IN LISTS ARGN)
    file(READ "${WORK}/${name}" text)
    if(NOT text STREQUAL "old")
      message(SEND_ERROR "${name} was overwritten")
    endif()
  endforeach()
endfunction()

# A set that looks like MNIST, of 20 pictures to learn from and 10 to test on.
shell("cd data && pixels() { yes \"$(printf '\\377\\001\\377')\" | head -c $1; } &&
  { printf '\\0\\0\\010\\003\\0\\0\\0\\024\\0\\0\\0\\034\\0\\0\\0\\034'; pixels 15680; } > train-images-idx3-ubyte &&
  { printf '\\0\\0\\010\\003\\0\\0\\0\\012\\0\\0\\0\\034\\0\\0\\0\\034'; pixels 7840; } > t10k-images-idx3-ubyte &&
  { printf '\\0\\0\\010\\001\\0\\0\\0\\024'; head -c 20 /dev/zero; } > train-labels-idx1-ubyte &&
  { printf '\\0\\0\\010\\001\\0\\0\\0\\012'; head -c 10 /dev/zero; } > t10k-labels-idx1-ubyte &&
  { printf '\\0\\0\\010\\003\\0\\0\\0\\001\\0\\0\\0\\002\\0\\0\\0\\002'; printf abcd; } > small-images")
if(NOT status EQUAL 0)
  message(FATAL_ERROR "no data to test with: ${errors}")
endif()
file(WRITE "${WORK}/file" "old")
set(mnist "mnist --layers 16,16 --pre-training-epochs 1 --epochs 1 --threads 1")
set(likelihood "likelihood --only rbm-16 --epochs 1 --threads 1")
set(pretraining "pretraining --quick --seeds 1 --epochs 1 --threads 1")
set(evaluate "evaluate --threads 1 --chains 10 --temperatures 1 --start-steps 1")

foreach(program IN ITEMS mnist likelihood pretraining)
  refused("no data" "read_mnist: in 'nowhere' there is no train-images-idx3-ubyte, .*t10k-labels-idx1-ubyte"
    "${${program}} --data nowhere --output ${program}-a")
  holds(${program}-a)
  refused("data cut short" "IDX file 'cut/train-images-idx3-ubyte': it has 984 numbers, its header promises 15680"
    "mkdir -p cut && cp data/* cut && head -c 1000 data/train-images-idx3-ubyte > cut/train-images-idx3-ubyte &&
     ${${program}} --data cut --output ${program}-b")
  holds(${program}-b)
  refused("output below a file" "cannot make the folder 'file/results': Not a directory"
    "${${program}} --data data --output file/results")
  still_old(file)
  refused("output that takes no byte" "cannot write '${program}-c': File too large"
    "trap '' XFSZ; ulimit -f 0; exec ${${program}} --data data --output ${program}-c")
  holds(${program}-c)
  shell("${${program}} --epochs many --data data --output ${program}-d")
  if(status EQUAL 0 OR EXISTS "${WORK}/${program}-d" OR NOT "${output}${errors}" MATCHES "--epochs")
    message(SEND_ERROR "${program} takes a word for a number of epochs: ${status}\n${output}${errors}")
  endif()
endforeach()

refused("products of a device" "--products tf32 needs a CUDA device" "${mnist} --backend cpu --products tf32 --data data --output tf32")

# A disk that is full when the model is written, after training: the old files stay.
set(model_of_mnist checkpoint.safetensors)
set(model_of_likelihood rbm-16.safetensors)
foreach(program IN ITEMS mnist likelihood)
  set(model ${model_of_${program}})
  file(WRITE "${WORK}/old-${program}/${model}" "old")
  refused("a file that gets too large" "cannot write 'old-${program}/${model}': File too large"
    "trap '' XFSZ; ulimit -f 16; exec ${${program}} --data data --output old-${program}")
  holds(old-${program} ${model})
  still_old(old-${program}/${model})
endforeach()
shell("mkdir small && unshare -rm sh -c 'mount -t tmpfs -o size=32k none small'")
if(status EQUAL 0)
  refused("a full disk" "cannot write 'small/rbm-16.safetensors': No space left on device"
    "unshare -rm sh -c 'mount -t tmpfs -o size=32k none small && printf old > small/rbm-16.safetensors;
     ${likelihood} --data data --output small; status=$?;
     test \"$(cat small/* small/.h* 2>/dev/null)\" = old || exit 7; exit $status'")
else()
  message("a full disk: SKIPPED, no file system can be mounted here")
endif()
shell("mkdir locked && chmod 555 locked && touch locked/probe")
if(NOT status EQUAL 0)                         # root writes where it likes
  refused("no permission" "cannot write 'locked': Permission denied" "${likelihood} --data data --output locked")
  holds(locked)
endif()

# The published tables, of a few digits: all of them come out, and what is whole is not made again.
shell("${pretraining} --data data --output tables > first.log && cp tables/tables.json first.json && ${pretraining} --data data --output tables")
file(GLOB left RELATIVE "${WORK}/tables" "${WORK}/tables/*")
set(files accuracy.svg codes.json dbn-1.safetensors dbn.png gaussian-1.safetensors loss.svg rbm-1.safetensors rbm.png
  report.html strip.png tables-settings.json tables.csv tables.json tables.md)
if(NOT status EQUAL 0 OR NOT left STREQUAL "${files}" OR NOT output MATCHES "rbm-1.safetensors is complete"
    OR output MATCHES "A glorot")
  message(SEND_ERROR "published tables: status ${status}, files ${left}\n${errors}")
else()
  file(READ "${WORK}/tables/tables.json" cells)
  file(READ "${WORK}/first.json" first)
  string(JSON count LENGTH "${cells}")
  if(NOT count EQUAL 40 OR NOT cells STREQUAL first)
    message(SEND_ERROR "published tables: ${count} cells, expected 40, the same after the second run")
  endif()
endif()
refused("too few digits for labels" "there are 20 digits, expected at least 100"
  "pretraining --labels --data data --output labels")
shell("pretraining --seeds 0 --data data --output seeds")
if(status EQUAL 0 OR EXISTS "${WORK}/seeds" OR NOT "${output}${errors}" MATCHES "--seeds")
  message(SEND_ERROR "pretraining takes 0 seeds: ${status}\n${output}${errors}")
endif()

# Every mode of mnist, and several seeds: each in its own folder; with --resume those that are whole are not done again.
set(mode_classifier "--layers 16,16")
set(number_classifier test_error)
set(files_classifier checkpoint.safetensors dbn.safetensors filters.png history.csv learned.png metrics.json
  model.safetensors reconstructions.png report.html samples.png)
set(mode_long "--long --layers 16,16")
set(number_long test_error)
set(files_long ${files_classifier})
set(mode_autoencoder "--autoencoder --layers 16,8,8,2")
set(number_autoencoder test_squared_error)
set(files_autoencoder checkpoint.safetensors codes.svg dbn.safetensors history.csv metrics.json model.safetensors
  reconstructions.png report.html)
set(mode_wake-sleep "--wake-sleep --layers 16,16")
set(number_wake-sleep test_error)
set(files_wake-sleep checkpoint.safetensors dbn.safetensors generated.png history.csv metrics.json model.safetensors
  reconstructions.png report.html)
foreach(mode IN ITEMS classifier long autoencoder wake-sleep)
  set(command "mnist ${mode_${mode}} --pre-training-epochs 4 --threads 1 --data data --hold-out 5")
  set(folder modes-${mode})
  shell("${command} --epochs 2 --output ${folder} --seeds 2 && cp ${folder}/seed-1/metrics.json ${folder}-first.json &&
    head -c 50 ${folder}/seed-2/metrics.json > half && cp ${folder}/seed-2/metrics.json ${folder}-second.json &&
    mv half ${folder}/seed-2/metrics.json && ${command} --epochs 2 --output ${folder} --seeds 3 --resume")
  if(NOT status EQUAL 0 OR NOT output MATCHES "seed 1: its metrics are complete" OR output MATCHES "seed [23]: its metrics"
      OR NOT output MATCHES "${number_${mode}} of 3 seeds: mean [^\n]*standard deviation")
    message(SEND_ERROR "mnist, ${mode}, 3 seeds: status ${status}\n${output}${errors}")
    continue()
  endif()
  holds(${folder} seed-1 seed-2 seed-3 summary.json)
  foreach(seed IN ITEMS 1 3)
    file(GLOB wrong RELATIVE "${WORK}/${folder}/seed-${seed}" "${WORK}/${folder}/seed-${seed}/misclassified.png")
    set(files ${files_${mode}} ${wrong})              # there if there are any
    list(SORT files)
    holds(${folder}/seed-${seed} ${files})
  endforeach()
  file(READ "${WORK}/${folder}/seed-1/history.csv" history)
  if(mode MATCHES "classifier|long" AND NOT history MATCHES "\nrbm 2,4,.*\ngenerator,1,.*\nfine-tuning,1,")
    message(SEND_ERROR "mnist, ${mode}: no copy of the top RBM learned to generate:\n${history}")
  endif()
  file(READ "${WORK}/${folder}/summary.json" summary)
  string(JSON count LENGTH "${summary}" seeds)
  string(JSON last GET "${summary}" seeds 2 seed)
  string(JSON named GET "${summary}" mode)
  if(NOT "${count} ${last} ${named}" STREQUAL "3 3 ${mode}")
    message(SEND_ERROR "mnist, ${mode}: a summary of other runs: ${summary}")
  endif()
  file(READ "${WORK}/${folder}-first.json" first)
  file(READ "${WORK}/${folder}/seed-1/metrics.json" now)
  file(READ "${WORK}/${folder}-second.json" second)
  file(READ "${WORK}/${folder}/seed-2/metrics.json" again)
  string(JSON second GET "${second}" ${number_${mode}})
  string(JSON again GET "${again}" ${number_${mode}})
  if(NOT now STREQUAL first OR NOT again STREQUAL second)
    message(SEND_ERROR "mnist, ${mode}: --resume changed seed 1, or made another of seed 2: ${second}, ${again}")
  endif()
  refused("other settings than the checkpoint's" "[^\n]*${folder}/seed-1/checkpoint.safetensors"
    "${command} --output ${folder} --seeds 2 --resume --epochs 3")
  shell("${command} --output ${folder}-fresh --epochs 2 --no-pre-training")
  if(NOT status EQUAL 0 OR NOT EXISTS "${WORK}/${folder}-fresh/report.html" OR EXISTS "${WORK}/${folder}-fresh/dbn.safetensors")
    message(SEND_ERROR "mnist, ${mode}, from a fresh start: status ${status}\n${output}${errors}")
  endif()
endforeach()
refused("an autoencoder without a code" "--layers: the autoencoder has four"
  "mnist --autoencoder --layers 16,16 --data data --output modes-code")
foreach(case IN ITEMS "--long --autoencoder|excludes" "--seeds 0|--seeds")
  string(REGEX REPLACE "^(.*)[|].*$" "\\1" arguments "${case}")
  string(REGEX REPLACE "^.*[|](.*)$" "\\1" words "${case}")
  shell("mnist ${arguments} --data data --output modes-none")
  if(status EQUAL 0 OR EXISTS "${WORK}/modes-none" OR NOT "${output}${errors}" MATCHES "${words}")
    message(SEND_ERROR "mnist takes ${arguments}: ${status}\n${output}${errors}")
  endif()
endforeach()

# What evaluate is given. Headers lie about sizes; memory is limited to what a small model takes.
shell("${mnist} --data data --output good && { printf '\\377\\377\\377\\377\\377\\377\\377\\377{}' > length.bin;
  h='{\"w\":{\"dtype\":\"F32\",\"shape\":[1000000,1000000],\"data_offsets\":[0,4000000000000]}}';
  { printf \"\\\\$(printf %o \${#h})\\0\\0\\0\\0\\0\\0\\0\"; printf %s \"$h\"; printf 1234; } > shape.bin;
  head -c 30000 good/dbn.safetensors > cut.bin; head -c 5000 good/learned.png > noise.bin; : > empty.bin; }")
if(NOT status EQUAL 0)
  message(FATAL_ERROR "no model to test with: ${status} ${output}${errors}")
endif()
file(WRITE "${WORK}/evaluation.json" "old")
set(limited "ulimit -v 2000000; exec ${evaluate} --output evaluation.json")
foreach(case IN ITEMS
    "nowhere.bin|cannot read 'nowhere.bin': No such file or directory"
    "data|cannot read 'data': it is not a regular file"
    "empty.bin|safetensors file 'empty.bin': it has 0 bytes, expected at least 8"
    "length.bin|safetensors file 'length.bin': its header has 18446744073709551615 bytes, expected at most 2"
    "shape.bin|safetensors file 'shape.bin': its tensors take 4000000000000 bytes, it has 4 for them"
    "cut.bin|safetensors file 'cut.bin': its tensors take [0-9]+ bytes, it has [0-9]+ for them"
    "noise.bin|safetensors file 'noise.bin': it is a picture .PNG., expected a model"
    "good/model.safetensors|load_any: 'good/model.safetensors' holds none of the models that are known here, but .*network")
  string(REGEX MATCH "^[^|]+" model "${case}")
  string(REGEX REPLACE "^[^|]+.(.*)$" "\\1" words "${case}")
  refused("a model that is none" "${words}" "${limited} ${model} data/t10k-images-idx3-ubyte")
endforeach()
refused("data that are none" "IDX file 'noise.bin': it begins with 0x[0-9a-f]+, expected 0x00000803"
  "${limited} good/dbn.safetensors noise.bin")
refused("data of another size" "sandwich: the data have 4 rows, the model has 784"
  "${limited} good/dbn.safetensors data/small-images")
refused("one sample" "--samples: one sample cannot be compared"
  "${evaluate} --samples 1 --output evaluation.json good/dbn.safetensors data/t10k-images-idx3-ubyte")
refused("output below a file" "cannot make the folder '.*file': (File exists|Not a directory)"
  "${evaluate} --output file/evaluation.json good/dbn.safetensors data/t10k-images-idx3-ubyte")
refused("an output that takes no byte" "cannot write '.*': File too large"
  "trap '' XFSZ; ulimit -f 0; exec ${evaluate} --output evaluation.json good/dbn.safetensors data/t10k-images-idx3-ubyte")
still_old(evaluation.json file)
shell("${evaluate} --samples 20 --sample-steps 2 --output compared.json good/dbn.safetensors data/t10k-images-idx3-ubyte")
file(READ "${WORK}/compared.json" compared)
string(JSON accuracy ERROR_VARIABLE none GET "${compared}" coverage adversarial_accuracy)
if(NOT status EQUAL 0 OR NOT accuracy MATCHES "^[0-9.]+$" OR NOT output MATCHES "adversarial accuracy 0\\.[0-9]+ ")
  message(SEND_ERROR "evaluate compares samples: ${status} ${accuracy} ${none}\n${output}${errors}")
endif()
file(GLOB left "${WORK}/.harmonium*")
if(left)
  message(SEND_ERROR "left behind: ${left}")
endif()
